# Outgoing web hooks
hooks-lead = Voce tells other systems what happens: signed requests to a URL of yours.
hooks-empty = No web hook yet
hooks-empty-lead = Add the address of a system of yours that wants to hear of new cases, messages or contacts.
hook-new = New web hook
hook-name = Name
hook-url = URL
hook-url-hint = Called by POST with JSON, signed after the Standard Webhooks specification.
hook-events = Events
hook-name-needed = Give it a name of at most 100 characters.
hook-url-wrong = Type an address that begins with https:// or http://.
hook-url-private = This address is in a private network. The operator can allow it when starting Voce.
hook-events-needed = Choose at least one event.
hook-created = Web hook made.
hook-deleted = Web hook “{ $name }” deleted.
hook-delete-sure = Delete this web hook with its deliveries?
hook-secret = The secret
hook-secret-lead = Shown this once: copy it into the receiving system, which checks the signature with it.
hook-renew-secret = New secret
hook-secret-renewed = New secret made. The old one no longer signs.
hook-on = On
hook-off = Off
hook-off-lead = Nothing is told while it is off.
hook-failing = Failing
hook-given-up = Switched off after failures
hook-given-up-lead = { $count ->
    [one] { $count } attempt failed in a row.
   *[other] { $count } attempts failed in a row.
  } Mend the receiving system, switch the hook on, then deliver again what failed.
hook-switch-on = Switch on
hook-switch-off = Switch off
hook-is-on = Web hook switched on.
hook-is-off = The web hook is off.
hook-test = Send a test
hook-test-sent = Test queued: see below what becomes of it.
hook-deliveries = Deliveries
hook-deliveries-empty = No delivery yet
hook-deliveries-empty-lead = Send a test to see whether the receiving system answers.
hook-schedule = Delivered at once; after a failure again after 5 seconds, 5 and 30 minutes, 2, 5, 10, 14, 20 and 24 hours. Always under the same webhook-id.
hook-delivered = { $count } delivered
hook-queued = { $count } waiting
hook-failed = { $count } failed
hook-attempts = { $count ->
    [one] { $count } attempt
   *[other] { $count } attempts
  }
hook-next = Next attempt
hook-response = The answer
hook-body = What is told
hook-replay = Deliver again
hook-replay-failed = Deliver all failed again
hook-replayed = { $count ->
    [one] { $count } delivery is under way again.
   *[other] { $count } deliveries are under way again.
  }
hook-older = Older
hook-state-queued = Waiting
hook-state-delivered = Delivered
hook-state-failed = Failed
hook-copy = Copy
hook-copied = Copied

# Events
hook-event-about-message = Messages
hook-event-about-note = Notes
hook-event-about-label = Labels
hook-event-about-reaction = Reactions
hook-event-about-case = Cases
hook-event-about-contact = Contacts
hook-event-message-received = A message came in
hook-event-message-written = An answer was written
hook-event-message-sent = An answer left
hook-event-message-failed = An answer could not be delivered
hook-event-message-unknown = It is not known whether an answer left
hook-event-note-written = A note was written
hook-event-labels-corrected = A label was corrected
hook-event-reaction-received = Somebody reacted
hook-event-case-opened = A case was opened
hook-event-case-reopened = A case was taken up again
hook-event-case-assigned = A case changed its owner
hook-event-case-state-changed = A case changed its state
hook-event-case-changed = Team, priority or subject of a case changed
hook-event-case-tagged = The tags of a case changed
hook-event-case-merged = Cases were merged
hook-event-case-split = A case was split
hook-event-contact-created = A contact was made
hook-event-contact-changed = A contact changed
hook-event-contacts-merged = Contacts were merged
hook-event-contacts-unmerged = A merge of contacts was undone

# Export
export-title = Export
export-lead = Whole lists as files, as they are at this moment. Every export is written into the audit log.
export-contacts = Contacts
export-contacts-lead = Name, addresses, organization and custom fields.
export-cases = Cases
export-cases-lead = All cases with their state, owner, tags and times.
export-messages = Messages
export-messages-lead = Everything that was said, with its labels.
export-csv = CSV
export-excel = CSV for Excel
export-jsonl = JSONL

# The documentation of the API
api-docs = API
api-docs-title = API documentation
api-docs-lead = Everything in Voce can be read and done by programs: with a token, over HTTPS, in JSON.
api-docs-download = OpenAPI document
api-token-new = Make a token
api-contents = Contents
api-parameters = Parameters
api-body = Body
api-answers = Answers
api-needed = needed
api-example = Example
api-scope = Permission
api-anyone = anyone
api-schemas = Schemas
api-field = Field
api-type = Type
api-meaning = Meaning
api-start = First steps
api-start-token = Make a token under Your account, Tokens, with the permissions that your program needs, and send it with every request:
api-start-pages = Lists come in pages: give the next of a page as cursor to get the one after it.
api-start-errors = Errors are application/problem+json (RFC 9457); each entry of errors says with a JSON pointer which field is wrong.
api-start-once = A POST with an Idempotency-Key can be repeated safely: the same key gets the first answer again.
api-start-limits = A token may make 1,000 requests a second, and 10,000 at once after a pause; then 429 with Retry-After. POST /api/v1/messages has no such limit: when more comes in than can be written it answers 503.
api-start-hooks = Web hooks tell you by themselves. Each is a POST with the JSON below, signed after the Standard Webhooks specification in the headers webhook-id, webhook-timestamp and webhook-signature: “v1,” and the HMAC-SHA256 of id.timestamp.body with the secret’s bytes, in base64.
api-body-broken = The connection broke before the whole body had arrived.

# Columns of exports
column-id = Id
column-name = Name
column-customer = Customer
column-organization = Organization
column-email = E-mail
column-phone = Phone
column-handle = Handle
column-customer-number = Customer number
column-language = Language
column-note = Note
column-fields = Custom fields
column-merged-into = Merged into
column-created-at = Created at
column-updated-at = Updated at
column-number = Number
column-subject = Subject
column-state = State
column-waiting = Waits for
column-waiting-until = Waits until
column-owner = Owner
column-team = Team
column-contact = Contact
column-account = Channel account
column-priority = Priority
column-tags = Tags
column-request-type = Request type
column-urgency = Urgency
column-sentiment = Sentiment
column-noise = Noise
column-messages = Messages
column-unanswered-since = Unanswered since
column-last-message-at = Last message at
column-first-answer-at = First answer at
column-resolved-at = Resolved at
column-sent-at = Sent at
column-direction = Direction
column-channel = Channel
column-kind = Kind
column-visibility = Visibility
column-author = Author
column-address = Address
column-text = Text
column-sentiment-score = Sentiment score
column-delivery = Delivery
column-url = URL
column-case = Case
column-conversation = Conversation
