package dev.engram.assistant;

import dev.engram.assistant.AnswerWriter.Draft;
import dev.engram.eval.Answers;
import dev.engram.eval.Bootstrap;
import dev.engram.eval.Interval;
import dev.engram.report.Progress;
import dev.engram.retrieve.Hit;
import dev.engram.world.Fact;
import dev.engram.world.TwoHop;
import dev.engram.world.UnknownQuestion;
import dev.engram.world.World;
import dev.langchain4j.model.embedding.EmbeddingModel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What a domain pack is worth, and what it is worth to read the store again while an answer is generated (seed 001: "short RAG"). */
public final class DomainExperiment {
    private final World world;
    private final EmbeddingModel embeddings;

    public DomainExperiment(World world, EmbeddingModel embeddings) {
        this.world = world;
        this.embeddings = embeddings;
    }

    /**
     * One question.
     *
     * @param arm pack, model alone, or how often the store is read
     * @param test law, medicine, unknown names, two hops
     * @param right whether the reply, the model's words if they rest on the text and the text itself, holds the value; of an unknown
     *     name, whether it is said to be unknown
     * @param byModel whether the model's own words do
     * @param found whether the texts that were read hold the value
     * @param texts that were read
     */
    public record Row(
            String arm,
            String test,
            String unit,
            int right,
            int byModel,
            int found,
            int texts,
            int rereads,
            double milliseconds) {}

    /** Held-out questions on entities that no training saw, and on names that do not exist, with the pack and without. */
    public List<Row> pack(String name, AnswerWriter writer, int questions) {
        List<Row> rows = new ArrayList<>();
        DomainPack pack = DomainPack.open(name, world, embeddings);
        String kind = name.equals("law") ? "law" : "illness";
        List<Fact> facts = world.facts("heldout").stream()
                .filter(f -> f.kind().equals(kind))
                .limit(questions)
                .toList();
        for (Fact f : Progress.over("Questions to the " + name + " pack", facts)) {
            String q = f.heldoutQuestions().get(0);
            rows.add(asked(pack, writer, name, f.entity(), q, f.value()));
            rows.add(alone(writer, name, f.entity(), q, f.value()));
        }
        for (UnknownQuestion u : world.unknown().stream()
                .filter(u -> u.kind().equals(kind))
                .limit(questions)
                .toList()) {
            List<Hit> hits = pack.named(u.question(), 1);
            rows.add(new Row(
                    "pack", name + ", unknown names", u.name(), hits.isEmpty() ? 1 : 0, 0, 0, hits.size(), 0, 0));
        }
        return rows;
    }

    /** Two-hop questions with the texts that the question names, read once or again every few tokens. */
    public List<Row> twoHops(String arm, AnswerWriter writer, int questions) {
        Map<String, Fact> facts = world.facts().stream().collect(Collectors.toMap(Fact::id, f -> f));
        List<Row> rows = new ArrayList<>();
        DomainPack pack = DomainPack.open("tutoring", world, embeddings);
        Set<String> covered = Set.of("law", "illness");
        List<TwoHop> hops = world.twoHops().stream()
                .filter(h -> !covered.contains(facts.get(h.first()).kind())
                        && !covered.contains(facts.get(h.second()).kind()))
                .toList();
        int step = Math.max(1, hops.size() / questions);
        List<TwoHop> chosen = new ArrayList<>();
        for (int i = 0; i < hops.size() && chosen.size() < questions; i += step) {
            chosen.add(hops.get(i));
        }
        for (TwoHop h : Progress.over("Two hops, " + arm, chosen)) {
            Row r = asked(pack, writer, "two hops", h.id(), h.question(), h.answer());
            rows.add(new Row(arm, r.test, r.unit, r.right, r.byModel, r.found, r.texts, r.rereads, r.milliseconds));
        }
        return rows;
    }

    private static Row asked(
            DomainPack pack, AnswerWriter writer, String test, String unit, String question, String value) {
        long start = System.nanoTime();
        List<Hit> hits = pack.named(question, 1);
        Draft draft = hits.isEmpty() ? new Draft("", hits, 0) : writer.write(question, hits, pack::named);
        double ms = (System.nanoTime() - start) / 1e6;
        List<String> texts = draft.read().stream().map(Hit::text).toList();
        boolean good = Grounding.holds(draft.text(), question, texts, "");
        String said = (good ? draft.text() + " " : "") + String.join(" ", texts);
        return new Row(
                "pack",
                test,
                unit,
                bit(Answers.contains(said, value)),
                bit(Answers.contains(draft.text(), value)),
                bit(Answers.contains(String.join(" ", texts), value)),
                texts.size(),
                draft.rereads(),
                ms);
    }

    private static Row alone(AnswerWriter writer, String test, String unit, String question, String value) {
        long start = System.nanoTime();
        String text = writer.write(question, List.of(), (q, k) -> List.of()).text();
        int right = bit(Answers.contains(text, value));
        return new Row("model alone", test, unit, right, right, 0, 0, 0, (System.nanoTime() - start) / 1e6);
    }

    private static int bit(boolean b) {
        return b ? 1 : 0;
    }

    /**
     * A line of the table.
     *
     * @param right with its 95 % interval over entities or questions
     */
    public record Line(
            String arm,
            String test,
            int questions,
            double right,
            double low,
            double high,
            double byModel,
            double found,
            double texts,
            double rereads,
            double milliseconds) {}

    /** One line for each arm and test. */
    public static List<Line> table(List<Row> rows, long seed) {
        Map<String, List<Row>> groups = rows.stream()
                .collect(Collectors.groupingBy(r -> r.test + "\t" + r.arm, LinkedHashMap::new, Collectors.toList()));
        return groups.values().stream()
                .map(g -> {
                    Interval right = Bootstrap.seeded(seed).mean(Bootstrap.byUnit(g, Row::unit, Row::right));
                    return new Line(
                            g.get(0).arm,
                            g.get(0).test,
                            g.size(),
                            g.stream().mapToDouble(Row::right).average().orElseThrow(),
                            right.low(),
                            right.high(),
                            g.stream().mapToDouble(Row::byModel).average().orElseThrow(),
                            g.stream().mapToDouble(Row::found).average().orElseThrow(),
                            g.stream().mapToDouble(Row::texts).average().orElseThrow(),
                            g.stream().mapToDouble(Row::rereads).average().orElseThrow(),
                            g.stream().mapToDouble(Row::milliseconds).average().orElseThrow());
                })
                .toList();
    }
}
