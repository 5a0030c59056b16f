"""The bundled rules, the backtest and the lookups."""
