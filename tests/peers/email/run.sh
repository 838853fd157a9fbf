#!/bin/bash
# A real mail system on loopback for the tests of the e-mail channel:
#   Postfix takes mail (SMTP, submission with STARTTLS, submission over TLS) and hands it to Dovecot (LMTP),
#   where it is read (IMAP with STARTTLS, IMAP over TLS, IDLE).
#
# usage: MAIL_DIR=<scratch folder> run.sh start | stop | stop-imap | start-imap | renumber USER
#
# Everything lives in MAIL_DIR. Needs Dovecot 2.3, Postfix 3.6 or later, openssl, and root for Postfix's master.
# The users ($MAIL_USERS) are of the domain example.test, their password is "secret"; $MAIL_DIR/tls/ca.pem signs the
# certificate, which is for localhost.
set -eu

D=${MAIL_DIR:?folder for everything the servers write}
USERS=${MAIL_USERS:-alice bob support}
IMAP=${IMAP_PORT:-31143} IMAPS=${IMAPS_PORT:-31993} LMTP=${LMTP_PORT:-31024} SASL=${SASL_PORT:-31325}
SMTP=${SMTP_PORT:-31025} SUBMISSION=${SUBMISSION_PORT:-31587} SMTPS=${SMTPS_PORT:-31465}
OWNER=nobody GROUP=nogroup

certificates() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=Test CA" -keyout "$D/tls/ca.key" -out "$D/tls/ca.pem" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
  openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout "$D/tls/key.pem" -out "$D/tls/request.pem"
  printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n' > "$D/tls/extensions"
  openssl x509 -req -in "$D/tls/request.pem" -CA "$D/tls/ca.pem" -CAkey "$D/tls/ca.key" -CAcreateserial -days 30 \
    -extfile "$D/tls/extensions" -out "$D/tls/cert.pem"
}

configure_dovecot() {
  for user in $USERS; do echo "$user@example.test:{PLAIN}secret::::::"; done > "$D/dovecot/users"
  cat > "$D/dovecot/dovecot.conf" <<C
base_dir = $D/dovecot/run
state_dir = $D/dovecot/state
instance_name = voce-test
log_path = $D/log/dovecot.log
listen = 127.0.0.1
protocols = imap lmtp
default_internal_user = $OWNER
default_internal_group = $GROUP
default_login_user = $OWNER
first_valid_uid = 1
ssl = yes
ssl_cert = <$D/tls/cert.pem
ssl_key = <$D/tls/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
mail_location = maildir:$D/dovecot/mail/%d/%n
mail_home = $D/dovecot/home/%d/%n
recipient_delimiter = +
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u $D/dovecot/users
}
userdb {
  driver = static
  args = uid=$OWNER gid=$GROUP home=$D/dovecot/home/%d/%n
}
namespace inbox {
  inbox = yes
  mailbox Sent {
    special_use = \Sent
    auto = create
  }
}
service anvil {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    port = $IMAP
  }
  inet_listener imaps {
    port = $IMAPS
    ssl = yes
  }
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = $LMTP
  }
}
service stats {
  chroot =
}
service auth {
  inet_listener sasl {
    address = 127.0.0.1
    port = $SASL
  }
}
C
}

configure_postfix() {
  cat > "$D/postfix/etc/main.cf" <<C
compatibility_level = 3.6
config_directory = $D/postfix/etc
queue_directory = $D/postfix/queue
data_directory = $D/postfix/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
shlib_directory = /usr/lib/postfix
meta_directory = /etc/postfix
mail_owner = postfix
setgid_group = postdrop
maillog_file = $D/log/postfix.log
maillog_file_prefixes = $D
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.example.test
mydestination =
mynetworks = 127.0.0.0/8
message_size_limit = 62914560
recipient_delimiter = +
virtual_mailbox_domains = example.test
virtual_mailbox_limit = 0
virtual_transport = lmtp:inet:127.0.0.1:$LMTP
virtual_mailbox_maps = static:ok
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:$SASL
smtpd_sasl_local_domain = example.test
smtpd_tls_cert_file = $D/tls/cert.pem
smtpd_tls_key_file = $D/tls/key.pem
smtpd_tls_security_level = may
smtp_dns_support_level = disabled
default_transport = error:no outside mail
relay_transport = error:no outside mail
alias_maps =
alias_database =
biff = no
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
C
  cat > "$D/postfix/etc/master.cf" <<C
$SMTP inet n - n - - smtpd
$SUBMISSION inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
$SMTPS inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
C
}

start() {
  rm -rf "$D"
  mkdir -p "$D"/{dovecot/{run,state,mail,home},tls,postfix/{etc,queue,data},log}
  chmod 755 "$D"
  certificates 2> "$D/log/openssl.log"
  configure_dovecot
  configure_postfix
  touch "$D/log/dovecot.log"
  chown -R "$OWNER:$GROUP" "$D/dovecot" "$D/tls" "$D/log"
  chown postfix "$D/postfix/data"
  start_imap
  postfix -c "$D/postfix/etc" start 2>> "$D/log/postfix.start"
}

start_imap() { setpriv --reuid="$OWNER" --regid="$GROUP" --clear-groups dovecot -c "$D/dovecot/dovecot.conf"; }

stop_imap() {
  doveadm -c "$D/dovecot/dovecot.conf" stop
  while [ -e "$D/dovecot/run/master.pid" ]; do sleep 0.1; done
}

stop() {
  postfix -c "$D/postfix/etc" stop 2>> "$D/log/postfix.start" || true
  stop_imap || true
}

# Forgets the numbers of a user's mails, so that the server has to give them new ones. While IMAP is stopped.
renumber() { find "$D/dovecot/mail/example.test/$1" -name 'dovecot*' -delete; }

case ${1:-} in
  start | stop | renumber) "$@" ;;
  start-imap) start_imap ;;
  stop-imap) stop_imap ;;
  *) echo "usage: MAIL_DIR=<folder> $0 start | stop | stop-imap | start-imap | renumber USER" >&2; exit 2 ;;
esac
