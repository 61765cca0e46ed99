/lab/bin/node ask.mjs
