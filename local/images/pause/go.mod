module sparc.dev/mesh/images/pause

go 1.24
