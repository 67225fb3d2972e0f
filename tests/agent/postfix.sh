#!/usr/bin/env bash
# A real Postfix in a root of its own: Debian's package unpacked below FOLDER/root, this host's libraries and programs
# mounted into it. Its package and exim's exclude each other, and nothing of either is touched. Needs root; runs in a
# mount namespace of its own (`unshare -m --propagation private`).
#
#   postfix.sh FOLDER PACKAGE PORT OK_PORT DEFER_PORT FAIL_PORT
#
# Listens on 127.0.0.1:PORT. Mail to ok.test, defer.test and fail.test goes to those ports of 127.0.0.1, mail to
# refuse.test to a port where nobody listens; info@customer1.test is a mailbox here. Any password is right but `wrong`.
# Prints `ready`, and ends with its standard input. Commands: chroot FOLDER/root /usr/sbin/postqueue ...
set -euo pipefail
folder=$1 package=$2 port=$3 ok=$4 defer=$5 fail=$6 here=$(dirname "$(realpath "$0")")
root=$folder/root
mkdir -p "$root" && dpkg-deb -x "$package" "$root"
mkdir -p "$root"/{bin,sbin,dev,proc,tmp,lib64,usr/bin,usr/lib/x86_64-linux-gnu,var/log,var/mail,var/lib/postfix,var/spool/postfix}
ln -sfn ../usr/lib/x86_64-linux-gnu "$root/lib/x86_64-linux-gnu"
for part in bin usr/bin lib64 usr/lib/x86_64-linux-gnu dev proc; do mount --rbind "/$part" "$root/$part"; done
chmod 0755 "$folder" "$root"; chmod 1777 "$root/tmp" "$root/var/mail"

cat >"$root/etc/passwd" <<PASSWD
root:x:0:0:root:/:/bin/sh
postfix:x:3901:3901::/var/spool/postfix:/bin/false
nobody:x:65534:65534::/:/bin/false
cust1:x:3911:3911::/:/bin/sh
PASSWD
printf 'root:x:0:\npostfix:x:3901:\npostdrop:x:3902:\nnogroup:x:65534:\ncust1:x:3911:\n' >"$root/etc/group"
printf '127.0.0.1 localhost\n' >"$root/etc/hosts"
printf 'passwd: files\ngroup: files\nhosts: files\n' >"$root/etc/nsswitch.conf"
ldconfig -r "$root" /usr/lib/postfix /usr/lib/x86_64-linux-gnu 2>/dev/null || true
cp "$root/usr/share/postfix/main.cf.dist" "$root/etc/postfix/main.cf.proto"
sed -e "s/^smtp  *inet .*/127.0.0.1:$port inet n - n - - smtpd/" -e '/^[a-z0-9]/s/^\([^ ]* *[a-z-]* *[yn-] *[^ ]* *\)y/\1n/' \
  "$root/usr/share/postfix/master.cf.dist" >"$root/etc/postfix/master.cf"
cat >"$root/etc/postfix/main.cf" <<CONF
compatibility_level = 3.6
myhostname = mail.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
maillog_file = /var/log/maillog
alias_maps =
shlib_directory = /usr/lib/postfix
daemon_directory = /usr/lib/postfix/sbin
smtpd_relay_restrictions = permit_sasl_authenticated, permit_mynetworks, reject
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_helo_required = no
disable_dns_lookups = yes
smtp_tls_security_level = none
smtputf8_enable = no
transport_maps = inline:{ {ok.test=smtp:[127.0.0.1]:$ok}, {defer.test=smtp:[127.0.0.1]:$defer}, {fail.test=smtp:[127.0.0.1]:$fail}, {refuse.test=smtp:[127.0.0.1]:1} }
virtual_mailbox_domains = customer1.test, customer2.test
virtual_mailbox_base = /var/mail
virtual_mailbox_maps = static:box
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
CONF
chgrp 3902 "$root"/usr/sbin/{postqueue,postdrop}; chmod 2755 "$root"/usr/sbin/{postqueue,postdrop}
chown 3901 "$root/var/lib/postfix"
chroot "$root" /usr/sbin/postfix start-fg &
master=$!
until [[ -S $root/var/spool/postfix/public/showq ]]; do
  kill -0 "$master" || { cat "$root/var/log/maillog"; exit 1; }
  sleep 0.1
done
/usr/bin/python3 "$here/auth.py" "$root/var/spool/postfix/private/auth" &
auth=$!
until [[ -S $root/var/spool/postfix/private/auth ]]; do kill -0 "$auth" || exit 1; sleep 0.1; done
echo ready
cat >/dev/null || true
kill "$auth" "$master" 2>/dev/null || true
