settings-quality = Quality of the labels
quality-title = How good are we here
quality-lead = Every message is read by the engine on this machine. What your people put right tells how good it is with your customers, and makes it better.
quality-span = Period
quality-span-year = One year
quality-span-quarter = Twelve weeks
quality-labelled = Messages read
quality-corrected = Labels put right
quality-model = Version of the models
quality-by-label = By label
quality-label = Label
quality-corrections = Put right
quality-kept = Left as it was
quality-trend = Week by week
quality-lessons = Lessons
quality-again = Would now be right
quality-of = { $count ->
    [one] of the last correction
   *[other] of the last { $count } corrections
 }
quality-weeks-ago = { $count ->
    [0] this week
    [one] last week
   *[other] { $count } weeks ago
 }
quality-explained = “Left as it was” is the share of messages of which nobody changed the label: an upper bound, for not every mistake is put right. The curve shows 80 % to 100 %. “Would now be right” looks at the messages that were put right, each before it was learnt from: how many the shipped models get right → how many they do with what was learnt from the corrections before.
quality-confusions = Most often put right
quality-none = Nothing was put right in this time.
quality-was = The engine said
quality-now = It is
quality-times = Times
relabel-title = Label the history anew
relabel-lead = After many corrections or an update, messages that came earlier can be read again. What people put right stays as it is.
relabel-start = Label anew
relabel-began = The history is being labelled anew.
relabel-runs = The history is being labelled already.
relabel-seen = { $count ->
    [one] { $count } message read
   *[other] { $count } messages read
 }
relabel-done = { $count ->
    [0] The last time nothing changed.
    [one] The last time { $count } message changed.
   *[other] The last time { $count } messages changed.
 }
examples-lead = Texts of customers who want this. With a dozen the engine begins to recognise the type; every correction at the desk teaches it more.
examples-new = New examples
examples-hint = One a line, in the words of customers, in any language you are written in.
examples-add = Add
examples-needed = Write at least one example.
examples-too-many = At most 500 at once.
example-too-long = An example may be 4,000 characters long.
examples-added = { $count ->
    [0] They were all there already.
    [one] { $count } example was added.
   *[other] { $count } examples were added.
 }
examples-missing = { $count ->
    [one] { $count } more would make it a usable label.
   *[other] { $count } more would make it a usable label.
 }
examples-none = No examples yet.
example-remove = Remove this example
example-removed = The example was removed.
type-teach = Examples

settings-opinion = Second opinion
opinion-lead = Everything is labelled on this machine. Where the engine is not sure, a language model of your choice may be asked: names of orders, phone numbers, addresses and account numbers are masked first, and its answer can only choose among your labels. What a person put right it never changes.
opinion-on = Ask for a second opinion
opinion-url = Address of the API
opinion-url-hint = OpenAI-compatible, up to /v1. A server in your own network must be allowed when Voce is started (--allow-private-hosts).
opinion-url-wrong = This is not a web address.
opinion-model-name = Model
opinion-model-needed = Name the model.
opinion-key = API key
opinion-key-hint = Kept sealed and never shown again. Leave it empty to keep the one there is.
opinion-below = When less sure than (%)
opinion-per-day = Questions a day at most
opinion-seconds = Seconds to answer
opinion-try = Try it
opinion-answered = It answered: { $name }
opinion-failed = No answer: { $name }
opinion-silent = The last question had no answer
opinion-today = { $count ->
    [one] { $count } question asked today.
   *[other] { $count } questions asked today.
 }
opinion-changed = { $count ->
    [one] { $count } message was labelled otherwise by it so far.
   *[other] { $count } messages were labelled otherwise by it so far.
 }

company-names = Brands, products and people
company-names-hint = One a line. They are recognised in what customers write, with the feeling towards each of them.
names-too-many = At most 5,000 names.
names-too-long = A name may have 100 characters.
