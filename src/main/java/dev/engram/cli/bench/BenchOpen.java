package dev.engram.cli.bench;

import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.GenerationConfig;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.report.RunFolder;
import dev.engram.report.Tables;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** Time to open a model and the memory it then takes, each format in a process of its own. */
@Command(name = "open", description = "Seconds to open a model and the resident size afterwards, by number format.")
final class BenchOpen implements Callable<Integer> {
    @Mixin
    private RaceOptions options;

    @Option(
            names = "--here",
            hidden = true,
            description = "Measure one format in this process and print three numbers.")
    private String here;

    @Override
    public Integer call() {
        if (here != null) {
            measureHere();
            return 0;
        }
        Table table = Table.create(
                "open",
                StringColumn.create("dtype"),
                IntColumn.create("round"),
                DoubleColumn.create("seconds"),
                DoubleColumn.create("weights_mb"),
                DoubleColumn.create("resident_mb"),
                DoubleColumn.create("rest_mb"));
        try (RunFolder run = options.results("bench-open")) {
            for (int round = 0; round <= options.rounds(); round++) {
                for (String dtype : options.dtypes) {
                    String[] numbers = child(dtype).strip().split(" ");
                    if (round == 0) {
                        continue; // warms the file cache
                    }
                    double weights = Double.parseDouble(numbers[1]);
                    double resident = Double.parseDouble(numbers[2]);
                    table.stringColumn("dtype").append(dtype);
                    table.intColumn("round").append(round);
                    table.doubleColumn("seconds").append(Double.parseDouble(numbers[0]));
                    table.doubleColumn("weights_mb").append(weights);
                    table.doubleColumn("resident_mb").append(resident);
                    table.doubleColumn("rest_mb").append(resident - weights);
                }
            }
            run.rows(table);
            run.commit();
        }
        System.out.println(Tables.text(table));
        return 0;
    }

    private void measureHere() {
        long start = System.nanoTime();
        // 0 where not given: opening chooses the threads then, as it does for a user, and that takes its time
        LoadOptions load = LoadOptions.defaults().withDtype(DType.parse(here)).withThreads(options.on.threads);
        try (CausalLm lm = CausalLm.open(options.on.model, load)) {
            double seconds = (System.nanoTime() - start) / 1e9;
            lm.generate(
                    "The sea was calm that morning, and",
                    GenerationConfig.greedy(32).withForceExactLength(true));
            double mb = 1 << 20;
            System.out.println(seconds + " " + lm.decoder().backend().weightBytes() / mb + " " + residentMb());
        }
    }

    private static double residentMb() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                if (line.startsWith("VmRSS:")) {
                    return Double.parseDouble(line.replaceAll("\\D", "")) / 1024;
                }
            }
            throw new BadInputException(
                    "This system does not report a process's resident size; bench open needs Linux.");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String child(String dtype) {
        try {
            Process process = new ProcessBuilder(List.of(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx1g",
                            "-XX:+UseSerialGC",
                            "-cp",
                            System.getProperty("java.class.path"),
                            "dev.engram.cli.Engram",
                            "bench",
                            "open",
                            "--here",
                            dtype,
                            "--model",
                            options.on.model,
                            "--threads",
                            Integer.toString(options.on.threads)))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            String out = new String(process.getInputStream().readAllBytes());
            if (process.waitFor() != 0 || out.isBlank()) {
                throw new BadInputException("Opening " + options.on.model + " as " + dtype
                        + " failed; try ./engram generate --dtype " + dtype + ".");
            }
            return out;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BadInputException("Interrupted while measuring.");
        }
    }
}
