"""Small servers on loopback that speak the documented protocol of what they stand for."""
