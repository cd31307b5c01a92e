package dev.engram.assistant;

import dev.engram.assistant.AnswerWriter.Draft;
import dev.engram.assistant.Reply.Kind;
import dev.engram.assistant.Sentences.Sentence;
import dev.engram.assistant.UserMemory.Forgotten;
import dev.engram.retrieve.Hit;
import dev.engram.tiers.FactExtractor;
import dev.engram.tiers.Horizon;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.model.embedding.EmbeddingModel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A personal assistant that remembers: what the user tells is written at once, what the user asks is answered from memory with its
 * source, and what it was never told it does not know.
 *
 * <pre>{@code
 * try (UserMemory memory = UserMemory.open(folder, today)) {
 *     Assistant assistant = new Assistant(memory, subjects, embeddings, new LmWriter(lm, 4, 3), null);
 *     assistant.say("My cat is called Fern.", today);
 *     System.out.println(assistant.say("What is my cat called?", today).text());
 * }
 * }</pre>
 */
public final class Assistant {
    /** Cosine from which a memory without a known subject answers a question without one. */
    static final double NEAR = 0.68;

    /** Of memories without a subject whose cosines differ by less than this the newest counts. */
    private static final double MARGIN = 0.05;

    private static final Pattern OWN = Pattern.compile("(?i)\\b(i|i'm|i've|my|me|mine)\\b");
    private static final String UNKNOWN = "I do not know that: it is not in my memory.";

    private final UserMemory memory;
    private final Subjects subjects;
    private final EmbeddingModel embeddings;
    private final AnswerWriter writer;
    private final DomainPack pack;
    private final FactExtractor extractor = new FactExtractor();

    /** @param pack reference texts of a field, or null */
    public Assistant(
            UserMemory memory, Subjects subjects, EmbeddingModel embeddings, AnswerWriter writer, DomainPack pack) {
        this.memory = memory;
        this.subjects = subjects;
        this.embeddings = embeddings;
        this.writer = writer;
        this.pack = pack;
    }

    /** One turn of the user, today being days since 1970. */
    public Reply say(String turn, double today) {
        List<Sentence> sentences = Sentences.of(turn);
        List<Told> noted = note(sentences, today); // on disk before the first word of an answer
        Optional<Sentence> forgets = sentences.stream()
                .filter(s -> s.kind() == Sentences.Kind.FORGETS)
                .findFirst();
        if (forgets.isPresent()) {
            return forgotten(Sentences.wanted(forgets.get().text()), noted, today);
        }
        List<Reply> answers = sentences.stream()
                .filter(s -> s.kind() == Sentences.Kind.ASKS)
                .map(s -> answer(s.text(), today))
                .toList();
        Reply reply = answers.isEmpty() ? acknowledged(turn, noted) : joined(answers, noted);
        List<String> cited = Stream.concat(
                        reply.sources().stream().map(Source::id), noted.stream().map(Told::id))
                .distinct()
                .toList();
        memory.log(today, turn, reply.text(), cited);
        return reply;
    }

    /** Sentences that tell something; one without a subject of its own goes with the one before. */
    private List<Told> note(List<Sentence> sentences, double today) {
        List<String> tellings = new ArrayList<>();
        String before = "";
        for (Sentence s : sentences) {
            if (s.kind() != Sentences.Kind.TELLS) {
                continue;
            }
            String subject = subjects.telling(s.text(), vector(s.text())).subject();
            int last = tellings.size() - 1;
            if (last >= 0 && (subject.isEmpty() || subject.equals(before))) {
                tellings.set(last, tellings.get(last) + " " + s.text());
            } else {
                tellings.add(s.text());
                before = subject;
            }
        }
        List<Told> noted = new ArrayList<>();
        for (String text : tellings) {
            Embedding vector = vector(text);
            Subjects.Guess guess = subjects.telling(text, vector);
            if (guess.horizon() != Horizon.NONE) {
                String value =
                        extractor.extract(text).map(FactExtractor.Slot::value).orElse("");
                noted.add(memory.tell(text, guess.subject(), value, guess.horizon(), vector, today));
            }
        }
        return noted;
    }

    private Reply forgotten(String what, List<Told> noted, double today) {
        Forgotten gone = what.isBlank() ? new Forgotten(List.of(), 0) : memory.forget(what);
        int count = gone.memories().size();
        String text = count == 0 && gone.turns() == 0
                ? "I found nothing of that kind to forget."
                : "Forgotten: " + count + (count == 1 ? " memory" : " memories") + ", and the words of " + gone.turns()
                        + (gone.turns() == 1 ? " turn." : " turns.");
        memory.log(today, Exchange.FORGOTTEN, text, noted.stream().map(Told::id).toList());
        return new Reply(Kind.FORGOTTEN, text, List.of(), noted, "fixed", 0);
    }

    private Reply acknowledged(String turn, List<Told> noted) {
        if (noted.isEmpty()) {
            Draft draft = writer.write(turn, List.of(), (q, k) -> List.of());
            String text = draft.text().isEmpty() ? "All right." : draft.text();
            return new Reply(Kind.MODEL, text, List.of(), noted, draft.text().isEmpty() ? "fixed" : "model", 0);
        }
        List<String> parts = new ArrayList<>();
        for (Told t : noted) {
            String what = t.value().isEmpty() ? "\"" + t.text() + "\"" : t.value();
            parts.add((t.subject().isEmpty() ? "" : t.subject() + ": ") + what + " [" + t.id() + "]");
        }
        return new Reply(Kind.NOTED, "Noted. " + String.join("; ", parts), List.of(), noted, "fixed", 0);
    }

    private static Reply joined(List<Reply> answers, List<Told> noted) {
        Reply last = answers.get(answers.size() - 1);
        return new Reply(
                last.kind(),
                String.join(" ", answers.stream().map(Reply::text).toList()),
                answers.stream().flatMap(a -> a.sources().stream()).distinct().toList(),
                noted,
                last.writer(),
                answers.stream().mapToInt(Reply::rereads).sum());
    }

    private Reply answer(String question, double today) {
        Embedding query = vector(question);
        Optional<Source> own = recall(question, query, today);
        boolean personal = OWN.matcher(question).find();
        if (own.isPresent() && (personal || pack == null)) {
            return fromMemory(question, own.get(), today);
        }
        if (pack != null && !personal) {
            List<Hit> hits = pack.named(question, 1);
            return hits.isEmpty()
                    ? unknown("The " + pack.name() + " pack does not name what you ask about.")
                    : fromPack(question, hits);
        }
        if (personal) {
            return unknown(UNKNOWN);
        }
        Draft draft = writer.write(question, List.of(), (q, k) -> List.of());
        return draft.text().isEmpty()
                ? unknown("I do not know that.")
                : new Reply(Kind.MODEL, draft.text(), List.of(), List.of(), "model", draft.rereads());
    }

    private static Reply unknown(String text) {
        return new Reply(Kind.UNKNOWN, text, List.of(), List.of(), "fixed", 0);
    }

    /**
     * The memory that a question asks for: the one of its subject; else the nearest, unless that has a subject and the question another.
     */
    private Optional<Source> recall(String question, Embedding query, double today) {
        List<Source> near = memory.find(query, 5, today);
        String subject = subjects.question(question, query).subject();
        Optional<Told> known = subject.isEmpty() ? Optional.empty() : memory.ofSubject(subject);
        if (known.isPresent()) {
            return Optional.of(memory.source(known.get(), query));
        }
        List<Source> open = near.stream()
                .filter(s -> s.score() >= NEAR)
                .filter(s -> subject.isEmpty() || memory.told(s.id()).subject().isEmpty())
                .toList();
        return open.stream()
                .filter(s -> s.score() >= open.get(0).score() - MARGIN)
                .max(Comparator.comparingInt(Source::turn));
    }

    private Reply fromMemory(String question, Source source, double today) {
        Draft draft = writer.write(
                question,
                List.of(new Hit(source.id(), source.text(), source.score())),
                (q, k) -> memory.find(vector(q), k, today).stream()
                        .filter(s -> s.score() >= NEAR)
                        .map(s -> new Hit(s.id(), s.text(), s.score()))
                        .toList());
        String value = memory.told(source.id()).value();
        boolean good = Grounding.holds(draft.text(), question, List.of(source.text()), value);
        String text = good
                ? draft.text() + " [" + source.id() + "]"
                : "You told me on " + source.date() + ": \"" + source.text() + "\" [" + source.id() + "]";
        return new Reply(Kind.MEMORY, text, List.of(source), List.of(), good ? "model" : "quote", draft.rereads());
    }

    private Reply fromPack(String question, List<Hit> hits) {
        Draft draft = writer.write(question, hits, (q, k) -> pack.named(q, k));
        List<String> texts = draft.read().stream().map(Hit::text).toList();
        boolean good = Grounding.holds(draft.text(), question, texts, "");
        String ids = String.join(", ", draft.read().stream().map(Hit::id).toList());
        // words that rest on the text can still answer something else: the text always stands beside them
        String said = (good ? draft.text() + " " : "") + "\"" + String.join(" ", texts) + "\"";
        List<Source> sources = draft.read().stream()
                .map(h -> new Source(h.id(), h.text(), 0, "", pack.name(), h.score()))
                .toList();
        return new Reply(
                Kind.DOMAIN,
                "From the " + pack.name() + " pack: " + said + " [" + ids + "]",
                sources,
                List.of(),
                good ? "model" : "quote",
                draft.rereads());
    }

    private Embedding vector(String text) {
        return embeddings.embed(text).content();
    }
}
