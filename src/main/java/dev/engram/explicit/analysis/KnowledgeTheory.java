package dev.engram.explicit.analysis;

import dev.engram.explicit.ExplicitMemory;
import dev.engram.explicit.ReadingItem;
import dev.engram.explicit.ReadingTest;
import dev.engram.model.CausalLm;
import dev.engram.report.Progress;
import dev.engram.world.Fact;
import dev.engram.world.World;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Separable and imitable knowledge (seed 003, sections 2.1 and 2.3), counted. Knowledge is <em>separable</em> if a model cannot give the right output
 * without it and can behind some prefix; it is <em>imitable</em> if every realisation of it is such a prefix. "Can" is here: greedy
 * decoding says the answer. Specific knowledge is a fact about an entity that nobody trained on, its realisations are its statement and
 * its paraphrases. Abstract knowledge is a rule, its realisations are single applications of it.
 *
 * <p>Differs from the seed, whose "with high probability" has no number; and a statement counts as a realisation whether or not a model could
 * have produced it.
 */
public record KnowledgeTheory(CausalLm lm, Library library, long seed) {
    /** Realisations of a fact that are tried: the statement and three paraphrases. */
    public static final int REALISATIONS = 4;

    /**
     * One question behind one prefix.
     *
     * @param knowledge specific or abstract
     * @param prefix none, realisation 1 to 4, all realisations, another's, or a memory of the first
     * @param unit entity or rule
     * @param item number of the question
     */
    public record Row(String knowledge, String prefix, String unit, int item, double nll, double exact) {}

    /**
     * What follows for one piece of knowledge.
     *
     * @param known 1 if it is answered without any prefix: then this model cannot tell whether it is separable
     * @param separable 1 if it is not known and some prefix of right realisations helps
     * @param imitable 1 if it is not known and every single realisation helps
     * @param misled 1 if it is not known and another's realisation helps, which would be a fault of the test
     */
    public record Verdict(
            String knowledge, String unit, int item, double known, double separable, double imitable, double misled) {}

    private record Asked(String knowledge, ReadingItem item, List<String> realisations, String others) {}

    /** A rule with inputs and outputs. */
    private record Rule(String name, String description, Function<String, String> apply) {}

    private static final List<Rule> RULES = List.of(
            new Rule("twin", "The twin of a word is the word written twice.", w -> w + " " + w),
            new Rule("polite form", "The polite form of a word is the word after the word dear.", w -> "dear " + w),
            new Rule("sum", "The sum of a word is the word plus one apple.", w -> w + " plus one apple"),
            new Rule("opposite day", "On opposite day a word becomes not the word.", w -> "not " + w));
    private static final List<String> WORDS =
            List.of("lamp", "river", "green", "bread", "winter", "table", "horse", "silver", "garden", "paper");

    /** Facts, asked in held-out wordings. */
    public List<Row> specific(World world, int most) {
        List<Fact> facts = new ArrayList<>(world.facts("heldout"));
        Collections.shuffle(facts, new Random(seed));
        List<Asked> asked = new ArrayList<>();
        for (Fact f : facts.subList(0, Math.min(most, facts.size()))) {
            Fact other = facts.stream()
                    .filter(o -> o.relation().equals(f.relation())
                            && !o.entity().equals(f.entity())
                            && !o.value().equals(f.value()))
                    .findFirst()
                    .orElse(facts.get(facts.size() - 1));
            List<String> realisations = new ArrayList<>(List.of(f.statement()));
            realisations.addAll(f.paraphrases().subList(0, REALISATIONS - 1));
            String question = f.heldoutQuestions().get(0);
            asked.add(new Asked(
                    "specific",
                    new ReadingItem(f.entity(), question, f.value(), f.statement(), List.of()),
                    realisations,
                    other.statement()));
        }
        return ask(asked);
    }

    /** Rules, asked for words that stand in no realisation. */
    public List<Row> abstractly(int words) {
        List<Asked> asked = new ArrayList<>();
        for (int r = 0; r < RULES.size(); r++) {
            Rule rule = RULES.get(r);
            Rule other = RULES.get((r + 1) % RULES.size());
            for (String word : WORDS.subList(REALISATIONS, Math.min(WORDS.size(), REALISATIONS + words))) {
                List<String> realisations = WORDS.subList(0, REALISATIONS).stream()
                        .map(w -> "The " + rule.name + " of " + w + " is " + rule.apply.apply(w) + ".")
                        .toList();
                String wrong = "The " + rule.name + " of lamp is " + other.apply.apply("lamp") + ".";
                asked.add(new Asked(
                        "abstract",
                        new ReadingItem(
                                rule.name,
                                "What is the " + rule.name + " of " + word + "?",
                                rule.apply.apply(word),
                                rule.description,
                                List.of()),
                        realisations,
                        wrong));
            }
        }
        return ask(asked);
    }

    private List<Row> ask(List<Asked> asked) {
        library.write(asked.stream().map(a -> a.realisations.get(0)).toList());
        ReadingTest test = new ReadingTest(lm, library.writer(), library.sink());
        List<Row> rows = new ArrayList<>();
        for (Asked a : Progress.over("Prefixes, " + asked.get(0).knowledge + " knowledge", asked)) {
            Map<String, ReadingTest.Given> arms = new LinkedHashMap<>();
            arms.put("none", test.nothing());
            for (int i = 0; i < a.realisations.size(); i++) {
                String one = a.realisations.get(i);
                arms.put("realisation " + (i + 1), test.text(x -> List.of(one)));
            }
            arms.put("all realisations", test.text(x -> a.realisations));
            if (a.knowledge.equals("abstract")) {
                arms.put("description", test.text(x -> List.of(x.reference())));
            }
            arms.put("another's", test.text(x -> List.of(a.others)));
            List<ExplicitMemory> memory = library.of(List.of(a.realisations.get(0)));
            arms.put("memory of 1", test.memories(x -> memory));
            arms.forEach((name, given) -> {
                ReadingTest.Read read = test.ask(List.of(a.item), given).get(0);
                rows.add(new Row(a.knowledge, name, a.item.unit(), asked.indexOf(a), read.nll(), read.exactness()));
            });
        }
        return rows;
    }

    /** One verdict for each piece of knowledge. */
    public static List<Verdict> verdicts(List<Row> rows) {
        return rows.stream()
                .collect(Collectors.groupingBy(
                        r -> r.knowledge + "\t" + r.item, LinkedHashMap::new, Collectors.toList()))
                .values()
                .stream()
                .map(KnowledgeTheory::verdict)
                .toList();
    }

    private static Verdict verdict(List<Row> rows) {
        Row any = rows.get(0);
        boolean known = exact(rows, "none");
        boolean some = rows.stream()
                .anyMatch(r -> r.exact > 0
                        && (r.prefix.startsWith("realisation")
                                || r.prefix.equals("all realisations")
                                || r.prefix.equals("description")));
        boolean every =
                rows.stream().filter(r -> r.prefix.startsWith("realisation")).allMatch(r -> r.exact > 0);
        return new Verdict(
                any.knowledge,
                any.unit,
                any.item,
                known ? 1 : 0,
                !known && some ? 1 : 0,
                !known && every ? 1 : 0,
                !known && exact(rows, "another's") ? 1 : 0);
    }

    private static boolean exact(List<Row> rows, String prefix) {
        return rows.stream().anyMatch(r -> r.prefix.equals(prefix) && r.exact > 0);
    }
}
