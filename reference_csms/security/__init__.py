"""The security whitepaper: who is let in, passwords, certificates and the CA behind them, security events."""
