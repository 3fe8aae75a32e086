#!/bin/sh
# The node's first process. Runs as the first process of new mount, PID, network, UTS and IPC namespaces; sets up a separate
# root file system; and becomes an init that reaps orphans. If anything fails, the process ends, and the kernel removes the
# namespaces with everything in them.
#
# usage: anchor.sh STATE TOOLCHAIN NAME INIT
#   STATE      state folder on the host; its subfolders are mounted at their usual paths
#   TOOLCHAIN  folder of the programs; mounted read-only at the same path
#   NAME       host name
#   INIT       path of the init program
set -eu
state=$1 toolchain=$2 name=$3 init=$4
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH

echo "$name" >/proc/sys/kernel/hostname

# The root file system is in memory: what the node writes outside its state folder is lost with the node.
mkdir -p "$state/root"
mount -t tmpfs -o mode=0755,size=64m sparc-node "$state/root"
cd "$state/root"
mkdir -p usr etc run tmp proc sys dev var/tmp root .host
chmod 1777 tmp var/tmp
mount -t tmpfs -o mode=0755 run run

# The host's programs and libraries, read-only.
mount --rbind /usr usr
mount -o remount,bind,ro usr
for folder in bin sbin lib lib32 lib64 libx32; do
    if [ -L "/$folder" ]; then
        ln -s "$(readlink "/$folder")" "$folder"
    elif [ -d "/$folder" ]; then
        mkdir "$folder"
        mount --rbind "/$folder" "$folder"
    fi
done

# Only those files of the host's /etc that its programs need.
for file in ld.so.cache ld.so.conf ld.so.conf.d alternatives protocols services nsswitch.conf; do
    if [ -e "/etc/$file" ]; then
        cp -a "/etc/$file" "etc/$file"
    fi
done
echo 'root:x:0:0:root:/root:/bin/sh' >etc/passwd
echo 'root:x:0:' >etc/group
echo "$name" >etc/hostname
printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$name" >etc/hosts

mount -t proc proc proc
mount -t sysfs sysfs sys
mount --rbind /sys/fs/cgroup sys/fs/cgroup
mount --rbind /dev dev

# kubelet sets these for the whole machine unless they have the values that it expects. It reads these copies, and the host's
# settings stay unchanged.
decoy() {
    if [ -e "proc/sys/$1" ]; then
        mkdir -p "run/sysctl/$(dirname "$1")"
        echo "$2" >"run/sysctl/$1"
        mount --bind "run/sysctl/$1" "proc/sys/$1"
    fi
}
decoy vm/overcommit_memory 1
decoy vm/panic_on_oom 0
decoy kernel/panic 10
decoy kernel/panic_on_oops 1
decoy kernel/keys/root_maxkeys 1000000
decoy kernel/keys/root_maxbytes 25000000

bind() {
    mkdir -p "$state/$1" ".$2"
    mount --bind "$state/$1" ".$2"
}
bind configuration /etc/kubernetes
bind containerd /var/lib/containerd
bind etcd /var/lib/etcd
bind kubelet /var/lib/kubelet
bind log /var/log
mkdir -p ".$toolchain"
mount --bind "$toolchain" ".$toolchain"
mount -o remount,bind,ro ".$toolchain"
cp etc/kubernetes/resolv.conf etc/resolv.conf

pivot_root . .host
cd /
umount -l /.host
rmdir /.host
# Mounts of pods' volumes must propagate. They do not reach the host, whose mounts have been detached.
mount --make-rshared /

ip link set lo up
echo 1 >/proc/sys/net/ipv4/ip_forward

exec "$init" -s -- sleep infinity
