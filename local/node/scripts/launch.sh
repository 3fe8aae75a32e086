#!/bin/sh
# Starts a daemon inside the node as a session of its own, below the node's init, and returns at once.
#
# usage: launch.sh COMMAND [ARGUMENT...]
set -eu
exec setsid --fork "$@"
