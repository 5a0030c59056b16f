"""What events of every kind share: captions, envelope, cleaning, observables, key fields. It knows no source."""
