package dev.engram.explicit.analysis;

import dev.engram.explicit.BankSearch;
import dev.engram.explicit.ExplicitLm;
import dev.engram.explicit.MemoryCodec;
import dev.engram.explicit.Reference;
import dev.engram.explicit.ReferenceBank;
import dev.engram.explicit.ReferenceWriter;
import dev.engram.model.CausalLm;
import dev.engram.model.GenerationConfig;
import dev.engram.model.GenerationListener;
import dev.engram.model.source.TensorType;
import dev.engram.report.Progress;
import dev.engram.retrieve.EmbeddingRetriever;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.apache.commons.math3.stat.descriptive.rank.Median;

/**
 * Where the time goes (seed 003, section 5.4): finding memories, having them in place, generating; by length of the input, by number of
 * memories, and by how the memories are stored.
 *
 * <p>Differs from the seed's analyze_inference_breakdown in that retrieval and loading happen as often as they do in use, for every 64
 * tokens of the prompt, and not once; that the first answer of each setting is thrown away; and that settings take turns. Memories are
 * read from their files each time, which the operating system holds in RAM, unless the setting says {@code ram}.
 */
public final class TimeSplit {
    /** How memories are stored: as numbers, as codes, and as numbers that stay in the process's memory. */
    public static final List<String> STORED = List.of("bf16", "int8", "int4", "memory3", "ram");

    /** The seed's lengths, in tokens. */
    public static final List<Integer> LENGTHS = List.of(32, 64, 128, 256, 512);
    /** The seed's numbers of memories. */
    public static final List<Integer> COUNTS = List.of(1, 3, 5, 7, 10);

    private static final int USUAL_LENGTH = 128;
    private static final int USUAL_COUNT = 5;

    /**
     * One answer.
     *
     * @param sweep what is varied: length, memories, stored
     * @param length tokens of the prompt
     * @param memories read at once
     * @param stored one of {@link #STORED}
     * @param retrievals for the prompt and the answer
     * @param retrieve seconds to find them, embedding of the query included
     * @param load seconds to have them in place
     * @param generate seconds of everything else
     * @param bytes of a memory on disk, positions and index included
     */
    public record Row(
            String sweep,
            int length,
            int memories,
            String stored,
            int round,
            int retrievals,
            double retrieve,
            double load,
            double generate,
            double total,
            double bytes) {}

    /** Medians over the rounds of one setting, in seconds. */
    public record Line(
            String sweep,
            int length,
            int memories,
            String stored,
            int rounds,
            double retrieve,
            double load,
            double generate,
            double total,
            double bytes) {}

    /** One line for each setting. */
    public static List<Line> table(List<Row> rows) {
        Map<String, List<Row>> groups = new LinkedHashMap<>();
        rows.forEach(r -> groups.computeIfAbsent(
                        r.sweep + "\t" + r.length + "\t" + r.memories + "\t" + r.stored, g -> new ArrayList<>())
                .add(r));
        return groups.values().stream()
                .map(g -> new Line(
                        g.get(0).sweep,
                        g.get(0).length,
                        g.get(0).memories,
                        g.get(0).stored,
                        g.size(),
                        median(g, Row::retrieve),
                        median(g, Row::load),
                        median(g, Row::generate),
                        median(g, Row::total),
                        g.get(0).bytes))
                .toList();
    }

    private static double median(List<Row> rows, ToDoubleFunction<Row> of) {
        return new Median().evaluate(rows.stream().mapToDouble(of).toArray());
    }

    private record Setting(String sweep, int length, int memories, String stored) {}

    private final CausalLm lm;
    private final ReferenceWriter writer;
    private final EmbeddingRetriever retriever;
    private final List<Reference> references;
    private final int[] text;
    private final Path folder;
    private final int newTokens;
    private final List<String> stored;

    /**
     * A measurement.
     *
     * @param retriever whose ids are those of the references
     * @param text ids of a long text, whose beginnings are the prompts
     * @param folder for the banks
     * @param newTokens to generate
     * @param stored some of {@link #STORED}, bf16 among them
     */
    public TimeSplit(
            CausalLm lm,
            ReferenceWriter writer,
            EmbeddingRetriever retriever,
            List<Reference> references,
            int[] text,
            Path folder,
            int newTokens,
            List<String> stored) {
        this.lm = lm;
        this.writer = writer;
        this.retriever = retriever;
        this.references = references;
        this.text = text.clone();
        this.folder = folder;
        this.newTokens = newTokens;
        this.stored = List.copyOf(stored);
    }

    /** All sweeps, round by round. */
    public List<Row> run(int rounds) {
        List<Setting> settings = settings();
        List<Row> rows = new ArrayList<>();
        List<ReferenceBank> banks = new ArrayList<>();
        try (Progress progress = Progress.start("Time of an answer", (rounds + 1L) * settings.size())) {
            stored.forEach(s -> banks.add(bank(s)));
            for (int round = 0; round <= rounds; round++) {
                for (Setting s : settings) {
                    Row row = measure(s, round, banks.get(stored.indexOf(s.stored)));
                    if (round > 0) { // the first round warms up
                        rows.add(row);
                    }
                    progress.step();
                }
            }
        } finally {
            banks.forEach(ReferenceBank::close);
        }
        return rows;
    }

    private List<Setting> settings() {
        List<Setting> all = new ArrayList<>();
        LENGTHS.forEach(n -> all.add(new Setting("length", n, USUAL_COUNT, "bf16")));
        COUNTS.forEach(k -> all.add(new Setting("memories", USUAL_LENGTH, k, "bf16")));
        stored.forEach(s -> all.add(new Setting("stored", USUAL_LENGTH, USUAL_COUNT, s)));
        return all;
    }

    /** A bank that is there already is used as it is; only the one that stays in RAM keeps what it has read. */
    private ReferenceBank bank(String stored) {
        Path own = folder.resolve(stored.equals("ram") ? "bf16" : stored);
        boolean coded = !stored.equals("bf16") && !stored.equals("ram");
        if (!ReferenceBank.present(own)) {
            List<String> texts = references.stream().map(Reference::text).toList();
            MemoryCodec codec = coded
                    ? MemoryCodec.train(writer.write(texts), MemoryCodec.trainer(stored, writer.headDim(), 0))
                    : null;
            try (ReferenceBank fresh =
                    coded ? ReferenceBank.create(own, writer, codec) : ReferenceBank.open(own, writer)) {
                fresh.write(references);
            }
        }
        ReferenceBank bank =
                ReferenceBank.open(own, writer, TensorType.BF16, stored.equals("ram") ? references.size() : 0);
        bank.ids().forEach(bank::memory); // into RAM, or at least into the operating system's
        return bank;
    }

    private Row measure(Setting s, int round, ReferenceBank bank) {
        BankSearch search = new BankSearch(bank, retriever, s.memories);
        ExplicitLm reader = new ExplicitLm(lm, bank, writer, search);
        String prompt = lm.tokenizer().decode(Arrays.copyOf(text, s.length), true);
        GenerationConfig config = GenerationConfig.greedy(newTokens).withForceExactLength(true);
        long start = System.nanoTime();
        ExplicitLm.Answer answer = reader.generate(prompt, config, GenerationListener.SILENT);
        double total = (System.nanoTime() - start) / 1e9;
        double retrieve = answer.readings().stream()
                .mapToDouble(ExplicitLm.Reading::retrieveSeconds)
                .sum();
        double load = answer.readings().stream()
                .mapToDouble(ExplicitLm.Reading::loadSeconds)
                .sum();
        return new Row(
                s.sweep,
                s.length,
                s.memories,
                s.stored,
                round,
                answer.readings().size(),
                retrieve,
                load,
                total - retrieve - load,
                total,
                bytes(s.stored));
    }

    private double bytes(String stored) {
        Path own = folder.resolve(stored.equals("ram") ? "bf16" : stored);
        try (Stream<Path> files = Files.list(own)) {
            long sum = 0;
            for (Path file : files.filter(f -> f.getFileName().toString().startsWith("memories-"))
                    .toList()) {
                sum += Files.size(file);
            }
            return (double) sum / references.size();
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read " + own + ": " + e, e);
        }
    }
}
