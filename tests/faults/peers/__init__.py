"""The faults of other tools (tests/oracles/peers.csv), planted in copies of the source; who catches each."""
