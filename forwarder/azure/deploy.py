"""How things get to where they are missing, in words."""

DEPLOY = "deploy (`claude-siem sentinel package` writes the files and says how)"
