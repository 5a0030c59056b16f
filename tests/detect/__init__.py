"""The bundled rules over whole stories of the simulator."""
