# Connecting channels, what came in, and where it goes

# The names of the channels
channel-email = E-mail
channel-email-lead = A mailbox of yours: IMAP for what comes in, SMTP for answers.
channel-email-new = New mailbox
channel-mastodon = Mastodon
channel-mastodon-lead = Mentions and private messages, on any server of the fediverse that speaks Mastodon's language.
channel-mastodon-new = New Mastodon profile
channel-api = Open intake
channel-api-lead = Forms, shops, apps and any other system: through the API or a web hook.
channel-api-new = New open intake

# List
channels-lead = Where your customers write to you. Each account receives by itself and answers from its own address.
channels-none = No channel yet
channels-none-lead = Start with the mailbox that gets the most requests: you need its address and password. It takes two minutes, and nothing in the mailbox is changed.
channels-none-email = Connect a mailbox
channels-none-other = Other channels
channel-add = Connect a channel
channel-choose-lead = What would you like to connect?
channel-since = since
channel-today = Today:
channel-last-day = Last 24 hours:
channel-today-nothing = nothing received
channel-paused = Paused
channel-trouble = Problem
channel-connecting = Connecting…
channel-connected = Connected
channel-listening = Ready
channel-pause = Pause
channel-pause-name = Pause { $name }
channel-resume = Resume
channel-resume-name = Resume { $name }
channel-now-paused = { $name } is paused: nothing is received or sent through it.
channel-resumed = { $name } receives again.

# Account
channel-name = Name
channel-team = Team
channel-no-team = No team
channel-team-hint = Gets the new cases that no rule sends elsewhere.
channel-create = Connect
channel-created = { $name } is connected and starts to receive.
channel-try = Try the connection
channel-trying = Trying…
channel-secret-kept = Unchanged
channel-trouble-title = The connection does not work
channel-trouble-lead = Nothing is lost: what came meanwhile is fetched as soon as it works again. Check the settings and try the connection.
channel-trial-worked = The connection works
channel-trial-worked-advice = Both directions answered. You can save.
channel-trial-incomplete = First complete the fields
channel-trial-settings = The server does not accept these settings
channel-trial-connection = The server cannot be reached
channel-trial-silence = No answer within 30 seconds
channel-email-advice-settings = Usually user name or password: many providers want the whole address as user name, and an app password when sign-in in two steps is on.
channel-email-advice-connection = Check the host name, the port and the security. A firewall may be in the way.
channel-email-advice-silence = Often port and security do not fit together: 993 and 465 want TLS, 143 and 587 STARTTLS.
channel-mastodon-advice-settings = The token is no longer good, or belongs to another account: connect the profile again.
channel-mastodon-advice-connection = The server may be down or busy: try again in a few minutes.
channel-mastodon-advice-silence = The server may be down or busy: try again in a few minutes.
channel-api-advice-settings = Correct the fields.
channel-api-advice-connection = Try again in a few minutes.
channel-api-advice-silence = Try again in a few minutes.

# E-mail
channel-email-address = Address
channel-email-from_name = Sender name
channel-email-from_name-hint = What customers see beside the address.
channel-email-group-in = Receiving
channel-email-group-out = Sending
channel-email-group-out-lead = Leave user and password empty if they are the same as for receiving.
channel-email-group-more = Folders, copies and certificates
channel-email-imap_host = IMAP server
channel-email-imap_port = Port
channel-email-imap_security = Security
channel-email-imap_user = User name
channel-email-imap_password = Password
channel-email-smtp_host = SMTP server
channel-email-smtp_port = Port
channel-email-smtp_security = Security
channel-email-smtp_user = User name
channel-email-smtp_password = Password
channel-email-tls = TLS
channel-email-starttls = STARTTLS
channel-email-none = None (this machine only)
channel-email-folders = Folders
channel-email-folders-hint = Separated by commas; empty: the inbox.
channel-email-import_existing = Take in the mails that are there already
channel-email-import_existing-hint = Otherwise only what arrives from now on.
channel-email-sent_folder = Folder for copies of answers
channel-email-sent_folder-hint = Only for servers that keep none by themselves; Gmail and Microsoft do.
channel-email-signed_reply_address = Ask for replies at a signed address
channel-email-signed_reply_address-hint = Replies find their case even when the mail program drops the thread. The provider must know addresses with a plus sign.
channel-email-ca = Own certificate (PEM)
channel-email-ca-hint = For servers inside the company that no public authority vouches for.
provider-title = Who is the mailbox with?
provider-other = Another one
provider-gmail-note = Gmail wants an app password here: turn on two-step verification in the Google account, then create one under Security, App passwords.
provider-outlook-note = Microsoft takes no passwords here any more, only its own sign-in (OAuth), which Voce does not speak yet. Forward the mailbox to an address with another provider, or use an app password where your administrator still allows it.
provider-libero-note = Libero may ask you to allow other mail programs: in Libero Mail under Settings. If sign-in in two steps is on, create an app password there.

# Mastodon
channel-mastodon-base_url = Server
channel-mastodon-access_token = Access token
channel-mastodon-max_characters = Longest post
channel-mastodon-max_characters-hint = In characters; learnt from the server when it is connected.
channel-mastodon-language = Language of answers
channel-mastodon-language-hint = Code such as it or en; empty: that of the profile.
channel-mastodon-group-more = With an access token instead
channel-mastodon-group-more-lead = Only if you made one by hand under Development in the server's preferences.
channel-mastodon-connect-title = Sign in at your server
channel-mastodon-connect-lead = You sign in there, not here: Voce never sees the password, and you can take the permission back at any time.
channel-mastodon-instance = Address of the server, or the whole profile
channel-mastodon-connect = Connect Mastodon
channel-mastodon-asking = Asking the server…
channel-mastodon-connection = Connection
channel-mastodon-is-connected = Connected as { $name }.
channel-mastodon-not-connected = Not connected: nothing is received or sent.
channel-mastodon-reconnect = Connect again
channel-mastodon-disconnect = Disconnect
channel-mastodon-disconnect-lead = Voce gives the permission for { $name } back and stops to receive. Cases and messages stay.
channel-mastodon-disconnected = { $name } is disconnected, the permission given back.
channel-mastodon-forgotten = { $name } is disconnected, but the server did not confirm: remove Voce there under Account, Authorised apps.
channel-mastodon-leave = On to { $name }
channel-mastodon-leave-lead = Sign in there and allow Voce to read and write for the profile. You come back here by yourself.
channel-mastodon-go = Open { $name }
channel-mastodon-connected = Mastodon is connected.
channel-mastodon-denied = The server gave no permission: nothing was changed.
channel-mastodon-state = This answer does not belong to a sign-in that you began here: nothing was changed. Begin again.
channel-mastodon-expired = The sign-in took too long. Begin again.
channel-mastodon-other = That is another profile than the one of this account: nothing was changed.
channel-mastodon-refused = The server does not accept this.
channel-mastodon-unreachable = The server does not answer: check the address, or try again in a few minutes.
channel-mastodon-not-one = There is no Mastodon server at this address.
channel-mastodon-no-address = Write the address of a server, such as mastodon.uno.

# Open intake
channel-api-country = Country of phone numbers
channel-api-country-hint = Two letters; for numbers without a prefix.
channel-api-time_zone = Time zone
channel-api-time_zone-hint = For dates that name none.
channel-api-group-hook = Web hooks that come in
channel-api-group-hook-lead = How the other system proves that it is the sender.
channel-api-signature = Signature
channel-api-standard = Standard Webhooks
channel-api-github = GitHub (X-Hub-Signature-256)
channel-api-stripe = Stripe (Stripe-Signature)
channel-api-token = Secret in a header
channel-api-none = None: whoever knows the address may post
channel-api-token_header = Header with the secret
channel-api-hook_secret = Secret
channel-api-hook_secret-hint = Voce makes one; type one only if the other system gives it.
channel-api-group-answers = Answers
channel-api-group-answers-lead = Without an address nothing can be answered on this channel.
channel-api-reply_url = Address that receives answers
channel-api-reply_secret = Secret that signs them
channel-secret-new = The secret for web hooks
channel-secret-new-lead = Copy it into the other system now: it will not be shown again.
channel-secret-renew = New secret
channel-secret-renew-lead = The old secret is void at once: until the other system knows the new one, its web hooks are refused.
channel-secret-renewed = There is a new secret.
intake-api-title = By the API
intake-api-lead = Any program with a token may hand over messages, one or a thousand at a time.
intake-api-tokens = Make a token
intake-hook-title = By web hook
intake-hook-lead = Give this address to the other system.
intake-hook-signature = Signature
intake-hook-has-secret = the secret is set
intake-hook-no-secret = there is no secret yet: everything is refused

# Errors of settings
channel-error-required = This is needed.
channel-error-address = This is no e-mail address.
channel-error-characters = There are characters that do not belong here.
channel-error-host = This is no server name, such as imap.example.com.
channel-error-port = A number between 1 and 65535.
channel-error-choice = Choose one of the list.
channel-error-plain = Without encryption only towards this machine: otherwise everybody on the way could read the password.
channel-error-folders = At most eight folders.
channel-error-certificate = There is no certificate in this text.
channel-error-https = The address must begin with https://.
channel-error-url = This is no web address.
channel-error-number = This is no number that fits.
channel-error-country = Two capital letters, such as IT.
channel-error-time-zone = This time zone is not known, such as Europe/Rome.
channel-error-header = This is no name of a header.
channel-error-pointer = A pointer begins with a slash, such as /messages.
channel-error-mapping = The field mapping is not right: open it and correct it.

# Field mapping
mapping-title = Field mapping
mapping-none = None: the body is in Voce's own shape.
mapping-edit = Set the fields
mapping-sample = Sample
mapping-sample-lead = Paste what the other system sends: JSON, or the fields of a form.
mapping-try = Show the result
mapping-guess = Guess the fields
mapping-received = Received
mapping-fields-title = Where each field comes from
mapping-fields-lead = A pointer such as /data/body, a fixed text such as =web, or several together: {"{"}/first{"}"} {"{"}/last{"}"}.
mapping-more = Less usual fields
mapping-metas = Further facts
mapping-metas-lead = Kept with the message and shown on demand, such as the order number.
mapping-meta-name = Name
mapping-meta-source = Where it comes from
mapping-meta-wrong = Each needs a name, and a source whose braces are closed.
mapping-brace = A brace is not closed.
mapping-list = List of messages
mapping-list-lead = If one call brings several. The fields above then start at each of them.
mapping-only = Only when
mapping-only-lead = One condition a line; whatever does not fit is set aside as filtered.
mapping-only-wrong = Each line is a pointer, an equals sign and a value.
mapping-save = Save the mapping
mapping-saved = The mapping is saved and counts from the next message on.
mapping-result = What it becomes
mapping-no-sample = Paste a sample to see the message that it becomes.
mapping-unreadable = The sample cannot be read
mapping-wrong = This would not be accepted
mapping-values = Values of the sample
mapping-id = Number of the message
mapping-conversation = Conversation
mapping-reply_to = Message that it answers
mapping-kind = Kind
mapping-visibility = Visibility
mapping-direction = Direction (in, out)
mapping-inbound = Inbound (yes, no)
mapping-automatic = Written by a machine
mapping-author-email = E-mail of the customer
mapping-author-phone = Phone of the customer
mapping-author-handle = User name of the customer
mapping-author-customer_number = Customer number
mapping-author-name = Name of the customer
mapping-author-avatar_url = Picture of the customer
mapping-subject = Subject
mapping-text = Text
mapping-html = HTML
mapping-sent_at = Sent at
mapping-url = Address on the web
mapping-attachments = Files

# What an item says
said-message = A message
said-delivery = The fate of an answer
said-reaction = A reaction
said-ignored = Nothing for the desk
said-nothing = It says nothing.
said-from = From
said-also = Also
said-subject = Subject
said-sent = Sent
said-kind = Kind
said-visibility = Visibility
said-direction = Direction
said-from-us = Written by us elsewhere
said-automatic = Machine
said-id = Number
said-thread = Thread
said-replies-to = Answers
said-url = Address
said-files = Files
said-meta = Facts
said-detail = Detail
said-about = About
said-reason = Why
said-boost = Boost
said-favourite = Favourite
said-follow = Follow

# Dead letters
outcome-accepted = Accepted
outcome-duplicate = Duplicates
outcome-filtered = Filtered
outcome-invalid = Not understood
outcome-waiting = Waiting
intake-dead = Not understood
intake-dead-lead = What came in and could not become a message. Nothing is thrown away: correct the cause, then try again.
intake-backlog = Waiting
intake-oldest = since
intake-last-day = Last 24 hours
intake-by-account = Last 24 hours by account
intake-account = Account
intake-account-gone = Account that is gone
intake-every-account = Every account
intake-age = Age
intake-every-age = Any age
intake-age-hour = Last hour
intake-age-day = Last day
intake-age-week = Last week
intake-age-month = Last 30 days
intake-search = Words of the error
intake-error = What is wrong
intake-no-detail = Without a reason
intake-received = Received
intake-size = Size
intake-attempts = Tries
intake-choose = Choose { $name }
intake-choose-all = Choose all
intake-chosen = chosen
intake-replay = Try again
intake-replay-all = Try all again
intake-replay-account = Try all of this account again
intake-none = Everything was understood
intake-none-lead = If a message cannot be read one day, it waits here with the reason.
intake-none-found = Nothing with this filter
intake-show-all = Show all
intake-pages = Pages
intake-newest = Newest
intake-older = Older
intake-item = Item { $name }
intake-item-title = The item
intake-format = Format
intake-done = Tried last
intake-now = What it says now
intake-still-wrong = It still cannot be understood:
intake-raw = As it came
intake-cut = { $name } more are not shown: download it to see all.
intake-download = Download
intake-waits = On its way through the pipeline. The outcome shows here by itself.
intake-is-accepted = Accepted: it is on the desk.
intake-replaying-one = It is tried again.

# Rules
rules-lead = A new case goes through the rules from top to bottom. The first one that fits decides.
rules-rest = What no rule fits goes to the team of its channel.
rules-none = No rule yet
rules-none-lead = Send complaints, returns or urgent requests to the right people by themselves. Before you save a rule you see what it would have caught.
rule-new = New rule
rule-name = Name
rule-active = In force
rule-active-hint = Switched off it stays here and does nothing.
rule-when = When
rule-when-hint = Everything that you choose must hold. Choose nothing for every new case.
rule-then = Then
rule-any = Whatever
rule-words = One of these words
rule-words-example = refund, money back
rule-words-hint = In subject or text, separated by commas or lines. Capitals do not matter.
rule-words-many = At most 200 words.
rule-types = Request type
rule-languages = Language
rule-accounts = Channel
rule-urgency = Urgency
rule-urgency-low = Any
rule-urgency-normal = Normal or more
rule-urgency-high = High or more
rule-urgency-critical = Critical
rule-sentiment = Sentiment
rule-sentiment-negative = Negative
rule-sentiment-very-negative = Very negative
rule-customer = Who writes
rule-customer-yes = Customers
rule-customer-no = Not yet customers
rule-if-account = channel
rule-if-language = language
rule-if-type = type
rule-if-urgency = urgency
rule-if-sentiment = sentiment
rule-if-words = words
rule-if-customer = from
rule-always = Always
rule-then-team = Team
rule-then-owner = Owner
rule-then-priority = Priority
rule-then-tags = Tags
rule-keep-team = That of the channel
rule-keep-priority = Normal
rule-nobody = Nobody
rule-gone = (no longer there)
rule-owner-unknown = This person is not active.
rule-does-nothing = Choose at least one thing that happens: team, owner, priority or tags.
rule-try = Show what it would have caught
rule-caught = What it would have caught
rule-caught-no-cases = There are no cases yet to try it on.
rule-off = Off
rule-up = Move { $name } up
rule-down = Move { $name } down
rule-switch = { $name } in force
rule-now-on = { $name } is in force.
rule-now-off = { $name } is switched off.
rule-delete = Delete the rule
rule-delete-lead = { $name } will no longer sort new cases. Cases that it sorted stay where they are.
rule-deleted = { $name } is deleted.

# With numbers
tally-accepted = { $count ->
    [one] { $count } accepted
   *[other] { $count } accepted
  }
tally-duplicate = { $count ->
    [one] { $count } duplicate
   *[other] { $count } duplicates
  }
tally-filtered = { $count ->
    [one] { $count } filtered
   *[other] { $count } filtered
  }
tally-invalid = { $count ->
    [one] { $count } not understood
   *[other] { $count } not understood
  }
tally-waiting = { $count ->
    [one] { $count } waiting
   *[other] { $count } waiting
  }
mapping-fields = { $count ->
    [one] { $count } field is set.
   *[other] { $count } fields are set.
  }
intake-found = { $count ->
    [one] { $count } item
   *[other] { $count } items
  }
intake-replaying = { $count ->
    [one] { $count } item is tried again.
   *[other] { $count } items are tried again.
  }
intake-replay-lead = { $count ->
    [one] { $count } item goes through the pipeline once more. What came through already is not doubled.
   *[other] { $count } items go through the pipeline once more. What came through already is not doubled.
  }
rule-caught-of = { $count ->
    [one] of the last case
   *[other] of the last { $count } cases
  }
rule-caught-before = { $count ->
    [one] { $count } of them is taken before by “{ $name }”
   *[other] { $count } of them are taken before by “{ $name }”
  }
