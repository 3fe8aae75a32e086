#!/bin/sh
# Starts a daemon in the node as a new session, as a child of the node's init, and returns immediately.
#
# usage: launch.sh COMMAND [ARGUMENT...]
set -eu
exec setsid --fork "$@"
