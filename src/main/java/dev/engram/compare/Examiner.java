package dev.engram.compare;

import dev.engram.eval.Perplexity;
import dev.engram.eval.Prose;
import dev.engram.model.CausalLm;
import dev.engram.report.Csv;
import dev.engram.report.Progress;
import dev.engram.report.Tables;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Asks one arm everything and notes what it cost. Every arm has a folder of its own, so a stopped comparison goes on where it was. */
public final class Examiner {
    private static final int WINDOWS = 4;
    private static final int WINDOW = 256;
    static final String ROWS = "rows.csv";
    static final String LAPS = "laps.csv";
    static final String COSTS = "costs.csv";

    private final CausalLm plain;
    private final Subject subject;
    private final List<Task> tests;
    private final int laps;
    private final List<int[]> windows;
    private Perplexity ordinary;

    /**
     * An examiner.
     *
     * @param plain the model as it is, which no arm touches: latencies and perplexity are beside its own
     * @param laps held-out questions that are timed one by one
     */
    public Examiner(CausalLm plain, Subject subject, List<Task> tests, Prose prose, int laps) {
        this.plain = plain;
        this.subject = subject;
        this.tests = List.copyOf(tests);
        this.laps = laps;
        this.windows = prose.windows(plain.tokenizer(), WINDOW, WINDOWS);
    }

    /** Whether a folder holds all results of an arm. */
    public static boolean done(Path folder) {
        return Files.exists(folder.resolve(COSTS));
    }

    /** Examines an arm and writes its rows, laps and costs into a folder. */
    public void run(Supplier<Arm> open, String name, long seed, Path folder) {
        PeakMemory writing = PeakMemory.start();
        try (Arm arm = open.get()) {
            Answerer with = arm.in(Condition.WITH);
            List<Row> rows = new ArrayList<>();
            try (Progress progress = Progress.start("Questions to " + name, tests.size() + 3)) {
                for (Task test : tests) {
                    if (test != Task.UPDATE) {
                        rows.addAll(ask(arm, seed, Condition.WITH, with, test));
                    }
                    progress.step();
                }
                double writeMb = writing.megabytes();
                PeakMemory answering = PeakMemory.start();
                List<Lap> times = laps(arm.name(), seed, with);
                double answerMb = answering.megabytes();
                Perplexity own = Perplexity.of(arm.lm(), windows);
                for (Condition c : List.of(Condition.WITHOUT, Condition.SHUFFLED)) {
                    Answerer control = arm.in(c);
                    if (control != null) {
                        rows.addAll(ask(arm, seed, c, control, Task.HELDOUT));
                    }
                    progress.step();
                }
                if (tests.contains(Task.UPDATE)) {
                    rows.addAll(ask(arm, seed, Condition.UPDATED, arm.in(Condition.UPDATED), Task.UPDATE));
                }
                progress.step();
                Csv.write(folder.resolve(ROWS), Tables.of("rows", rows));
                Csv.write(folder.resolve(LAPS), Tables.of("laps", times));
                Csv.write(
                        folder.resolve(COSTS),
                        Tables.of("costs", List.of(cost(arm, seed, rows, writeMb, answerMb, own))));
            }
        }
    }

    private List<Row> ask(Arm arm, long seed, Condition condition, Answerer answerer, Task test) {
        List<Probe> probes = Probes.of(subject, test);
        if (probes.isEmpty()) {
            return List.of();
        }
        List<Answerer.Reply> replies = answerer.answer(probes, test.newTokens());
        if (test.scored()) {
            replies = answerer.score(probes, replies);
        }
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < probes.size(); i++) {
            rows.add(Row.of(arm.name(), seed, condition, probes.get(i), replies.get(i)));
        }
        return rows;
    }

    private List<Lap> laps(String name, long seed, Answerer with) {
        Answerer base = new PromptAnswerer(plain, Finder.none());
        List<Probe> probes = Probes.of(subject, Task.HELDOUT);
        List<Lap> all = new ArrayList<>();
        for (int i = -1; i < Math.min(laps, probes.size()); i++) {
            Probe p = probes.get(Math.max(0, i));
            int most = Task.HELDOUT.newTokens();
            double baseFirst = seconds(base, p, 1);
            double first = seconds(with, p, 1);
            double baseWhole = seconds(base, p, most);
            double whole = seconds(with, p, most);
            if (i >= 0) { // the first lap warms up
                all.add(new Lap(name, seed, i, first, whole, baseFirst, baseWhole));
            }
        }
        return all;
    }

    private static double seconds(Answerer answerer, Probe probe, int newTokens) {
        long start = System.nanoTime();
        answerer.answer(List.of(probe), newTokens);
        return Prices.since(start);
    }

    private Cost cost(Arm arm, long seed, List<Row> rows, double writeMb, double answerMb, Perplexity own) {
        if (ordinary == null) {
            ordinary = Perplexity.of(plain, windows);
        }
        List<Row> heldout = rows.stream()
                .filter(r ->
                        r.test().equals(Task.HELDOUT.key()) && r.condition().equals(Condition.WITH.key()))
                .toList();
        double prompt = heldout.stream().mapToInt(Row::prompt_tokens).average().orElse(Double.NaN);
        double told = heldout.stream().mapToInt(Row::new_tokens).average().orElse(Double.NaN);
        Price price = arm.price();
        return new Cost(
                arm.name(),
                seed,
                price.writeSeconds(),
                price.updateSeconds(),
                price.bytes(),
                price.sharedBytes(),
                price.writeGflop(),
                price.answerGflop(prompt, told),
                prompt,
                told,
                writeMb,
                answerMb,
                own.value(),
                own.relativeTo(ordinary));
    }
}
