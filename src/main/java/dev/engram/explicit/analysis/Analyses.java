package dev.engram.explicit.analysis;

import dev.engram.explicit.ReadingItem;
import dev.engram.explicit.ReadingItem.Kind;
import dev.engram.explicit.ReferenceWriter;
import dev.engram.explicit.WriteConfig;
import dev.engram.model.CausalLm;
import dev.engram.report.Parts;
import dev.engram.report.Tables;
import dev.engram.retrieve.EmbeddingRetriever;
import dev.engram.retrieve.RetrievalStrategy;
import dev.engram.world.World;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/**
 * The analyses of seed 003, sections 2 and 5.2 to 5.4, on one model with its reading adapter, as tables of rows. Memories are of the last half
 * of the layers with {@value #TOKENS} tokens a head, which is all of a statement.
 */
public final class Analyses {
    /** Tokens that a head keeps. */
    public static final int TOKENS = 32;

    /** New tokens of an answer whose words are counted. */
    private static final int ANSWER = 12;
    /** Questions that rank the heads or set the threshold; other ones than those that are measured. */
    private static final int OTHERS = 12;

    private final CausalLm lm;
    private final World world;
    private final Consumer<Boolean> reader;
    private final int items;
    private final long seed;
    private final Parts parts;
    private final Map<Kind, EmbeddingRetriever> indexes = new EnumMap<>(Kind.class);

    /**
     * Analyses of a model.
     *
     * @param reader switches the reading adapter on (true) or off
     * @param items questions of each task
     * @param seed of the draw of questions
     * @param parts where rows are kept while a long run is under way
     */
    public Analyses(CausalLm lm, World world, Consumer<Boolean> reader, int items, long seed, Parts parts) {
        this.lm = lm;
        this.world = world;
        this.reader = reader;
        this.items = items;
        this.seed = seed;
        this.parts = parts;
    }

    /** All references of a kind, embedded when they are first searched. */
    private EmbeddingRetriever index(Kind kind) {
        return indexes.computeIfAbsent(kind, k -> Finder.index(ReadingItem.references(world, k)));
    }

    private Library library() {
        return new Library(new ReferenceWriter(lm, WriteConfig.defaults().withTokens(TOKENS)), reader);
    }

    private List<ReadingItem> asked(Kind kind) {
        return ReadingItem.of(world, "heldout", kind, items, seed);
    }

    private List<ReadingItem> others(Kind kind) {
        return ReadingItem.of(world, "train", kind, OTHERS, seed);
    }

    /**
     * Hit rate, integration, usage and novelty for four tasks: single facts, passages, and the law and medicine papers with an open answer
     * instead of options.
     *
     * @param counts of memories, by top-k
     * @param strategies by name, each with five memories; top-k is in {@code counts}
     */
    public Table answers(List<String> tasks, List<Integer> counts, List<String> strategies) {
        Library library = library();
        AnswerAnalysis analysis = new AnswerAnalysis(lm, library, ANSWER);
        PaperExam exam = new PaperExam(lm, library, world);
        Table all = null;
        for (String task : tasks) {
            Kind kind = task.equals("passages") ? Kind.PASSAGE : Kind.SINGLE;
            EmbeddingRetriever index = index(kind);
            List<ReadingItem> asked =
                    task.equals("law") || task.equals("medicine") ? exam.open(task, items) : asked(kind);
            Map<String, RetrievalStrategy> ways = Finder.strategies(
                    index, others(kind).stream().map(ReadingItem::question).toList());
            for (int k : counts) {
                all = more(
                        all,
                        task + " top-k " + k,
                        () -> Tables.of(
                                "rows", analysis.run(task, "top-k", k, asked, Finder.of(index, ways.get("top-k")))));
            }
            for (String way : strategies) {
                all = more(
                        all,
                        task + " " + way,
                        () -> Tables.of("rows", analysis.run(task, way, 5, asked, Finder.of(index, ways.get(way)))));
            }
        }
        return all;
    }

    /** The papers with options: nothing, memories and text, for each number of references. */
    public Table papers(List<Integer> counts) {
        Library library = library();
        Library paper = new Library(new ReferenceWriter(lm, WriteConfig.defaults()), reader);
        PaperExam whole = new PaperExam(lm, library, world);
        PaperExam eight = new PaperExam(lm, paper, world);
        Finder finder = Finder.of(index(Kind.SINGLE), new RetrievalStrategy.TopK());
        Table all = null;
        for (String name : List.of("law", "medicine")) {
            var questions = whole.questions(name, items);
            Map<String, Supplier<List<PaperExam.Row>>> arms = new LinkedHashMap<>();
            arms.put("nothing", () -> whole.sit(questions, PaperExam.Given.NOTHING, "nothing", 0, finder));
            for (int k : counts) {
                arms.put("memory " + k, () -> whole.sit(questions, PaperExam.Given.MEMORY, "memory", k, finder));
                arms.put("text " + k, () -> whole.sit(questions, PaperExam.Given.TEXT, "text", k, finder));
            }
            arms.put("8 tokens", () -> eight.sit(questions, PaperExam.Given.MEMORY, "memory, 8 tokens", 5, finder));
            for (var arm : arms.entrySet()) {
                all = more(
                        all,
                        name + " " + arm.getKey(),
                        () -> Tables.of("rows", arm.getValue().get()));
            }
        }
        return all;
    }

    /** Whether attention names the right memory of five, for both kinds of references. */
    public Table traces() {
        Table all = null;
        for (Kind kind : Kind.values()) {
            all = more(all, "trace " + kind, () -> {
                Table rows = Tables.of("rows", Provenance.test(lm, library(), asked(kind)));
                StringColumn name = StringColumn.create("kind");
                rows.forEach(r -> name.append(kind.name().toLowerCase(Locale.ROOT)));
                return rows.addColumns(name);
            });
        }
        return all;
    }

    /** Answers with the memory silenced in some heads. */
    public Table knockouts(List<Integer> counts) {
        return parts.part("knockouts", () -> {
            HeadKnockout knockout = new HeadKnockout(lm, library(), seed);
            List<HeadKnockout.Head> ranked = knockout.ranked(others(Kind.SINGLE));
            return Tables.of("rows", knockout.run(ranked, asked(Kind.SINGLE), counts));
        });
    }

    /** Facts and rules behind prefixes. */
    public Table theory(int facts, int words) {
        KnowledgeTheory theory = new KnowledgeTheory(lm, library(), seed);
        Table specific = parts.part("specific", () -> Tables.of("rows", theory.specific(world, facts)));
        return more(specific, "abstract", () -> Tables.of("rows", theory.abstractly(words)));
    }

    /** One right memory among four others, and five as they are found, read in several ways. */
    public Table distractors(List<String> sets) {
        Table all = null;
        Library whole = Distractors.library(lm, reader);
        for (Kind kind : Kind.values()) {
            int references = ReadingItem.references(world, kind).size();
            String name = kind.name().toLowerCase(Locale.ROOT);
            for (String set : sets) {
                all = more(
                        all,
                        name + " " + set,
                        () -> Tables.of(
                                "rows",
                                new Distractors(lm, whole, index(kind), references).run(name, set, asked(kind))));
            }
        }
        return all;
    }

    private Table more(Table all, String name, Supplier<Table> work) {
        Table part = parts.part(name, work);
        return all == null ? part : all.append(part);
    }
}
