"""Windows -> encoders -> fusion -> vote: what turns sound and pictures into readings."""
