package dev.engram.cli.bench;

import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.report.Checkout;
import dev.engram.report.Progress;
import dev.engram.report.RunFolder;
import dev.engram.report.Tables;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** What each number format costs in perplexity: the ground of {@code --dtype auto}. */
@Command(name = "formats", description = "Perplexity of each number format on English texts, beside f32.")
final class BenchFormats implements Callable<Integer> {
    /** Fewer rows than this go through the copy that decodes, so its own weights are measured. */
    private static final int ROWS = 7;

    @Mixin
    private BenchOptions options;

    @Option(
            names = "--dtypes",
            split = ",",
            description = "Formats; default: ${DEFAULT-VALUE}.",
            defaultValue = "f32,bf16,auto")
    private List<String> dtypes;

    @Option(names = "--texts", split = ",", description = "Files to score; default: three of data/prose.")
    private List<Path> texts = List.of();

    @Option(names = "--tokens", description = "Tokens of each text; default: ${DEFAULT-VALUE}.", defaultValue = "1500")
    private int tokens;

    @Override
    public Integer call() {
        List<Path> files = texts.isEmpty()
                ? List.of("story-weigh-house", "technical-tide-mill", "dialogue-cable-car").stream()
                        .map(n -> Checkout.folder().resolve("data/prose/" + n + ".txt"))
                        .toList()
                : texts;
        Table rows = Table.create(
                "formats",
                StringColumn.create("dtype"),
                StringColumn.create("text"),
                IntColumn.create("tokens"),
                DoubleColumn.create("nll"),
                DoubleColumn.create("perplexity"));
        try (RunFolder run = options.results("bench-formats");
                Progress progress = Progress.start("formats", (long) dtypes.size() * files.size())) {
            for (String dtype : dtypes) {
                LoadOptions load = options.load(DType.parse(dtype));
                try (CausalLm lm = CausalLm.open(options.model, load)) {
                    for (Path file : files) {
                        int[] all = lm.tokenizer().encode(read(file));
                        int[] ids = Arrays.copyOf(all, Math.min(all.length, tokens));
                        double nll =
                                -Arrays.stream(lm.logprobs(ids, ROWS)).average().orElseThrow();
                        rows.stringColumn("dtype").append(dtype);
                        rows.stringColumn("text").append(file.getFileName().toString());
                        rows.intColumn("tokens").append(ids.length);
                        rows.doubleColumn("nll").append(nll);
                        rows.doubleColumn("perplexity").append(Math.exp(nll));
                        progress.step();
                    }
                }
            }
            Table summary = summary(rows);
            run.rows(rows);
            run.summary(summary);
            run.commit();
            System.out.println(Tables.text(summary));
        }
        return 0;
    }

    /** Perplexity over all texts, and its difference to the first format's. */
    private Table summary(Table rows) {
        Table summary = Table.create(
                "summary",
                StringColumn.create("dtype"),
                DoubleColumn.create("perplexity"),
                DoubleColumn.create("change_percent"));
        double reference = Double.NaN;
        for (String dtype : dtypes) {
            Table own = rows.where(rows.stringColumn("dtype").isEqualTo(dtype));
            double nll = 0;
            double count = 0;
            for (int r = 0; r < own.rowCount(); r++) {
                int predicted = own.intColumn("tokens").getInt(r) - 1;
                nll += own.doubleColumn("nll").getDouble(r) * predicted;
                count += predicted;
            }
            double perplexity = Math.exp(nll / count);
            reference = Double.isNaN(reference) ? perplexity : reference;
            summary.stringColumn("dtype").append(dtype);
            summary.doubleColumn("perplexity").append(perplexity);
            summary.doubleColumn("change_percent").append(100 * (perplexity / reference - 1));
        }
        return summary;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new BadInputException(
                    "The text " + file + " cannot be read; name existing UTF-8 files with --texts.", e);
        }
    }
}
