#!/usr/bin/env bash
# A real exim in a world of its own: this host's program with a configuration, a spool and logs below FOLDER. Needs root;
# runs in a mount namespace of its own (`unshare -m --propagation private`), so nothing of the host's exim is touched.
#
#   exim.sh FOLDER PORT OK_PORT DEFER_PORT FAIL_PORT
#
# Listens on 127.0.0.1:PORT. Mail to ok.test, defer.test and fail.test goes to those ports of 127.0.0.1, mail to
# refuse.test to a port where nobody listens; info@customer1.test is a mailbox here, user cust1 lives in /home/cust1.
# Its log is FOLDER/log, or what EXIM_LOG says, as exim's `log_file_path`. Prints `ready`, and ends with its standard input.
set -euo pipefail
folder=$1 port=$2 ok=$3 defer=$4 fail=$5
mkdir -p "$folder"/{etc,spool,log}
cat >"$folder/etc/exim4.conf" <<CONF
primary_hostname = mail.test
domainlist local_domains = customer1.test : customer2.test
daemon_smtp_ports = $port
local_interfaces = 127.0.0.1
tls_advertise_hosts =
rfc1413_query_timeout = 0s
never_users = root
log_selector = +subject +arguments +received_recipients +smtp_confirmation +incoming_port
queue_only = false
remote_max_parallel = 1
acl_smtp_rcpt = rcpt
acl_smtp_data = accept
keep_environment =
notifier_socket =
pid_file_path = $folder/spool/daemon.pid
${EXIM_LOG:+log_file_path = $EXIM_LOG}

begin acl
rcpt:
  accept authenticated = *
  accept domains = +local_domains
  deny message = relay not permitted

begin routers
away:
  driver = manualroute
  domains = ok.test : defer.test : fail.test : refuse.test
  transport = \${if eq{\$domain}{ok.test}{remote_ok}{\${if eq{\$domain}{defer.test}{remote_defer}{\${if eq{\$domain}{fail.test}{remote_fail}{remote_refuse}}}}}}
  route_list = * 127.0.0.1
  self = send
  no_more
here:
  driver = accept
  domains = +local_domains
  local_parts = info : sales
  transport = local_delivery

begin transports
remote_ok:
  driver = smtp
  port = $ok
  allow_localhost
remote_defer:
  driver = smtp
  port = $defer
  allow_localhost
remote_fail:
  driver = smtp
  port = $fail
  allow_localhost
remote_refuse:
  driver = smtp
  port = 1
  allow_localhost
local_delivery:
  driver = appendfile
  file = /var/spool/exim4/box
  user = Debian-exim
  group = Debian-exim

begin retry
* * F,2h,15m

begin authenticators
dovecot_plain:
  driver = plaintext
  public_name = PLAIN
  server_advertise_condition = true
  server_condition = \${if eq{\$auth3}{secret}}
  server_set_id = \$auth2
CONF
chown -R Debian-exim:Debian-exim "$folder"/{spool,log}
chmod 0755 "$folder" "$folder/etc"; chmod 0644 "$folder/etc/exim4.conf"; chmod 2750 "$folder/log"
mount --bind "$folder/etc" /etc/exim4
mount --bind "$folder/spool" /var/spool/exim4
mount --bind "$folder/log" /var/log/exim4
for file in passwd group; do cp "/etc/$file" "$folder/$file"; done
echo 'cust1:x:39111:39111::/home/cust1:/bin/sh' >>"$folder/passwd"
echo 'cust1:x:39111:' >>"$folder/group"
for file in passwd group; do mount --bind "$folder/$file" "/etc/$file"; done
mount -t tmpfs tmpfs /home
mkdir -p /home/cust1/public_html; chown -R cust1:cust1 /home/cust1
exim4 -bdf &
daemon=$!
echo ready
cat >/dev/null || true
kill "$daemon"
