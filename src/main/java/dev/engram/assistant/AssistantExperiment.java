package dev.engram.assistant;

import dev.engram.eval.Answers;
import dev.engram.eval.Bootstrap;
import dev.engram.eval.Interval;
import dev.engram.world.PersonalFact;
import dev.engram.world.World;
import dev.langchain4j.model.embedding.EmbeddingModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What the assistant still knows of a user of the world: at once, after other turns, after a new value, after deletion; and what it says
 * when asked what it was never told. Everything happens within a day, so that no lifetime ends. Every user has a folder of his or her own.
 */
public final class AssistantExperiment {
    private static final Pattern ABSTAINS = Pattern.compile(
            "(?i)(don't|do not|cannot|can't|not able to|unable to)"
                    + " (know|have|recall|remember|see|access|provide|tell|say|determine)|not (told|mentioned|provided|specified|stated)");

    /** Subjects that a user never tells and is asked for. */
    private static final int UNKNOWN = 4;

    private final Subjects subjects;
    private final EmbeddingModel embeddings;
    private final AnswerWriter writer;
    private final List<String> chatter;
    private final int told;
    private final int others;

    /**
     * @param told subjects that a user tells; the others are the unknown ones
     * @param others turns between a telling and the second question
     */
    public AssistantExperiment(
            Subjects subjects,
            EmbeddingModel embeddings,
            AnswerWriter writer,
            List<String> chatter,
            int told,
            int others) {
        this.subjects = subjects;
        this.embeddings = embeddings;
        this.writer = writer;
        this.chatter = chatter;
        this.told = told;
        this.others = others;
    }

    /**
     * One question.
     *
     * @param arm assistant, no memory, or another's memory
     * @param people acquaintances, who speak like the examples, or strangers, who do not
     * @param phase at once, later, updated, deleted, unknown
     * @param wording known (like the examples) or held-out
     * @param outcome right, stale (a former value), wrong, abstained; where nothing is known, right is to say so, and invented is not to
     * @param writer see {@link Reply}
     * @param milliseconds of the whole turn
     */
    public record Row(
            String arm,
            String people,
            String user,
            String phase,
            String subject,
            String wording,
            String outcome,
            String writer,
            double milliseconds) {
        /** 1 or 0, for means. */
        public double right() {
            return outcome.equals("right") ? 1 : 0;
        }
    }

    private record Ask(String phase, PersonalFact fact, List<String> former) {}

    /** Runs one user through all phases, in an empty folder. */
    public List<Row> assistant(String user, boolean stranger, Path folder) {
        List<Row> rows = new ArrayList<>();
        Map<String, List<PersonalFact>> facts = facts(user, stranger);
        List<String> known = facts.keySet().stream().limit(told).toList();
        try (UserMemory memory = UserMemory.open(folder, 0)) {
            Assistant assistant = new Assistant(memory, subjects, embeddings, writer, null);
            Run run = new Run(assistant, "assistant", user, stranger, rows);
            for (String s : known) {
                assistant.say(facts.get(s).get(0).utterance(), 0);
                run.ask(new Ask("at once", facts.get(s).get(0), List.of()));
            }
            for (int i = 0; i < others; i++) {
                assistant.say(statement(i), 0);
            }
            known.forEach(s -> run.ask(new Ask("later", facts.get(s).get(0), List.of())));
            for (String s : known) {
                if (facts.get(s).size() < 2) {
                    continue; // a sister has one name
                }
                PersonalFact first = facts.get(s).get(0);
                PersonalFact next = facts.get(s).get(1);
                assistant.say(next.utterance(), 0);
                run.ask(new Ask("updated", next, List.of(first.fact().value())));
            }
            for (String s : known) {
                memory.forget(s);
                facts.get(s).stream().limit(2).forEach(f -> forgetWords(memory, f));
                run.ask(new Ask("deleted", facts.get(s).get(0), List.of()));
            }
            facts.keySet().stream()
                    .skip(told)
                    .limit(UNKNOWN)
                    .forEach(s -> run.ask(new Ask("unknown", facts.get(s).get(0), List.of())));
        }
        return rows;
    }

    /** The user deletes by pointing at it, whatever subject was recognised. */
    private static void forgetWords(UserMemory memory, PersonalFact f) {
        memory.profile().stream()
                .filter(t -> t.text().equals(f.utterance()))
                .toList()
                .forEach(t -> memory.forget(t.id()));
        memory.past().stream()
                .filter(t -> t.text().equals(f.utterance()))
                .toList()
                .forEach(t -> memory.forget(t.id()));
    }

    private String statement(int i) {
        List<String> all = chatter.stream().filter(c -> !c.endsWith("?")).toList();
        return all.get(i % all.size());
    }

    /** The model alone. */
    public List<Row> noMemory(String user, boolean stranger) {
        List<Row> rows = new ArrayList<>();
        Map<String, List<PersonalFact>> facts = facts(user, stranger);
        int at = 0;
        for (List<PersonalFact> f :
                facts.values().stream().limit(told + UNKNOWN).toList()) {
            for (String wording : List.of("known")) {
                long start = System.nanoTime();
                String text = writer.write(question(f.get(0), wording), List.of(), (q, k) -> List.of())
                        .text();
                double ms = (System.nanoTime() - start) / 1e6;
                boolean abstains = ABSTAINS.matcher(text).find();
                String outcome = at < told
                        ? outcome(text, abstains, f.get(0).fact().value(), List.of())
                        : abstains ? "right" : "invented";
                rows.add(new Row(
                        "no memory",
                        people(stranger),
                        user,
                        at < told ? "at once" : "unknown",
                        f.get(0).fact().relation(),
                        wording,
                        outcome,
                        "model",
                        ms));
            }
            at++;
        }
        return rows;
    }

    /** Another user's memory: it must not know this one's values. */
    public List<Row> another(String user, String other, boolean stranger, Path folder) {
        List<Row> rows = new ArrayList<>();
        Map<String, List<PersonalFact>> facts = facts(user, stranger);
        Map<String, List<PersonalFact>> theirs = facts(other, stranger);
        try (UserMemory memory = UserMemory.open(folder, 0)) {
            Assistant assistant = new Assistant(memory, subjects, embeddings, AnswerWriter.quoting(), null);
            facts.keySet().stream()
                    .limit(told)
                    .forEach(s -> assistant.say(theirs.get(s).get(0).utterance(), 0));
            Run run = new Run(
                    new Assistant(memory, subjects, embeddings, writer, null),
                    "another's memory",
                    user,
                    stranger,
                    rows);
            facts.keySet().stream()
                    .limit(told)
                    .filter(s ->
                            !value(theirs, s).equals(value(facts, s))) // pools are small: some values agree by chance
                    .forEach(s -> run.ask(new Ask("at once", facts.get(s).get(0), List.of())));
        }
        return rows;
    }

    private static String value(Map<String, List<PersonalFact>> facts, String subject) {
        return facts.get(subject).get(0).fact().value();
    }

    private record Run(Assistant assistant, String arm, String user, boolean stranger, List<Row> rows) {
        void ask(Ask ask) {
            for (String wording : List.of("known", "held-out")) {
                long start = System.nanoTime();
                Reply reply = assistant.say(question(ask.fact(), wording), 0);
                double ms = (System.nanoTime() - start) / 1e6;
                boolean abstained = reply.kind() == Reply.Kind.UNKNOWN;
                boolean nothing = Set.of("deleted", "unknown").contains(ask.phase());
                String outcome = nothing
                        ? abstained ? "right" : "invented"
                        : outcome(reply.text(), abstained, ask.fact().fact().value(), ask.former());
                rows.add(new Row(
                        arm,
                        people(stranger),
                        user,
                        ask.phase(),
                        ask.fact().fact().relation(),
                        wording,
                        outcome,
                        reply.writer(),
                        ms));
            }
        }
    }

    private static String outcome(String text, boolean abstained, String value, List<String> former) {
        if (abstained) {
            return "abstained";
        }
        boolean stale = former.stream().anyMatch(f -> !Answers.contains(value, f) && Answers.contains(text, f));
        return stale ? "stale" : Answers.contains(text, value) ? "right" : "wrong";
    }

    private static String question(PersonalFact f, String wording) {
        return (wording.equals("known") ? f.fact().trainQuestions() : f.fact().heldoutQuestions()).get(0);
    }

    private static String people(boolean stranger) {
        return stranger ? "strangers" : "acquaintances";
    }

    /** Subjects in an order drawn from the name: by their first day. */
    private static Map<String, List<PersonalFact>> facts(String user, boolean stranger) {
        return World.user(user, stranger).stream()
                .collect(Collectors.groupingBy(f -> f.fact().relation(), LinkedHashMap::new, Collectors.toList()));
    }

    /**
     * A line of the table.
     *
     * @param right share of right answers, with its 95 % interval over users
     */
    public record Line(
            String arm,
            String people,
            String phase,
            String wording,
            int users,
            int questions,
            double right,
            double low,
            double high,
            double stale,
            double wrong,
            double abstained,
            double invented,
            double byModel) {}

    /** One line for each arm, group, phase and wording. */
    public static List<Line> table(List<Row> rows, long seed) {
        Map<String, List<Row>> groups = rows.stream()
                .collect(Collectors.groupingBy(
                        r -> r.arm + "\t" + r.people + "\t" + r.phase + "\t" + r.wording,
                        LinkedHashMap::new,
                        Collectors.toList()));
        return groups.values().stream().map(g -> line(g, seed)).toList();
    }

    private static Line line(List<Row> g, long seed) {
        double[] users = Bootstrap.byUnit(g, Row::user, Row::right);
        Interval right = Bootstrap.seeded(seed).mean(users);
        Row any = g.get(0);
        return new Line(
                any.arm,
                any.people,
                any.phase,
                any.wording,
                users.length,
                g.size(),
                right.mean(),
                right.low(),
                right.high(),
                share(g, "stale"),
                share(g, "wrong"),
                share(g, "abstained"),
                share(g, "invented"),
                g.stream().filter(r -> r.writer.equals("model")).count() / (double) g.size());
    }

    private static double share(List<Row> g, String outcome) {
        return g.stream().filter(r -> r.outcome.equals(outcome)).count() / (double) g.size();
    }
}
