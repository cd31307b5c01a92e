package dev.engram.cli;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.engram.model.BadInputException;
import dev.engram.report.Csv;
import dev.engram.report.Format;
import dev.engram.report.RunComparison;
import dev.engram.report.RunComparison.Cell;
import dev.engram.report.RunComparison.Verdict;
import dev.engram.report.Tables;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tech.tablesaw.api.Table;

/** Two runs of the same experiment side by side: what differed in setting and machine, and how far the numbers moved. */
@Command(
        name = "compare-runs",
        description = "Compares two runs: settings, machines, and every measured number with its stated interval.",
        sortOptions = false)
final class CompareRunsCommand implements Callable<Integer> {
    /** Differs between any two runs. */
    private static final List<String> OF_EACH_RUN = List.of("started", "seconds");

    @ParentCommand
    private Engram engram;

    @Parameters(
            index = "0",
            paramLabel = "A",
            description = "Folder of a run (with run.json), or of many, such as results.")
    private Path a;

    @Parameters(index = "1", paramLabel = "B", description = "The other one.")
    private Path b;

    @Option(
            names = "--file",
            paramLabel = "NAME",
            defaultValue = "summary.csv",
            description = "Which table of the runs; rows.csv where a run has no such file. Default: ${DEFAULT-VALUE}.")
    private String file;

    @Option(names = "--all", description = "Show numbers that are equal or inside their intervals too.")
    private boolean all;

    @Option(
            names = "--strict",
            description = "Exit with 1 if a number left its stated interval, moved without one, or is in one run only.")
    private boolean strict;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    /** One line of the table that is shown. */
    private record Line(String row, String measured, String a, String b, String difference, String verdict) {}

    /** What two runs of one experiment have in common and what not. */
    private record Compared(String run, String table, Map<String, String[]> settings, List<Cell> cells) {
        long count(Verdict verdict) {
            return cells.stream().filter(c -> c.verdict() == verdict).count();
        }

        /** Whether a number left its interval, changed without one, or stands in one run only. */
        boolean moved() {
            return count(Verdict.EQUAL) + count(Verdict.INSIDE) < cells.size();
        }
    }

    @Override
    public Integer call() {
        List<Compared> compared = new ArrayList<>();
        for (String run : runs()) {
            compared.add(compare(run, a.resolve(run), b.resolve(run)));
        }
        if (json) {
            printJson(compared);
        } else {
            compared.forEach(c -> print(c, engram.streams().out()));
        }
        return strict && compared.stream().anyMatch(Compared::moved) ? 1 : 0;
    }

    /** The runs that both folders hold, as paths below them; the empty path is the folder itself. */
    private List<String> runs() {
        TreeSet<String> both = below(a);
        both.retainAll(below(b));
        if (both.isEmpty()) {
            throw new BadInputException("There is no run that both " + a + " and " + b
                    + " hold; name two folders with a run.json, or two folders of such folders.");
        }
        return List.copyOf(both);
    }

    private static TreeSet<String> below(Path folder) {
        TreeSet<String> runs = new TreeSet<>();
        if (!Files.isDirectory(folder)) {
            throw new BadInputException(
                    folder + " is not a folder; name the folder of a run, such as" + " results/bench-decode/quick.");
        }
        try (Stream<Path> files = Files.walk(folder)) {
            files.filter(f -> f.endsWith("run.json"))
                    .forEach(f -> runs.add(folder.relativize(f.getParent()).toString()));
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot list " + folder + ": " + e, e);
        }
        return runs;
    }

    private Compared compare(String run, Path first, Path second) {
        Described x = describe(first), y = describe(second);
        Map<String, String> one = x.settings(), other = y.settings();
        Map<String, String[]> differing = new LinkedHashMap<>();
        TreeSet<String> names = new TreeSet<>(one.keySet());
        names.addAll(other.keySet());
        for (String name : names) {
            String here = one.getOrDefault(name, "–"), there = other.getOrDefault(name, "–");
            if (!here.equals(there)) {
                differing.put(name, new String[] {here, there});
            }
        }
        Set<String> clock = new TreeSet<>(x.clock());
        clock.addAll(y.clock());
        String table = Files.exists(first.resolve(file)) && Files.exists(second.resolve(file)) ? file : "rows.csv";
        return new Compared(
                run.isEmpty() ? first.getFileName().toString() : run,
                table,
                differing,
                RunComparison.of(read(first.resolve(table)), read(second.resolve(table)), clock));
    }

    private static Table read(Path table) {
        try {
            return Csv.read(table);
        } catch (IllegalArgumentException e) {
            throw new BadInputException(e.getMessage(), e);
        }
    }

    /**
     * What run.json says.
     *
     * @param settings by flat names, for example {@code machine.cpu}
     * @param clock what a clock measured
     */
    private record Described(Map<String, String> settings, Set<String> clock) {}

    private static Described describe(Path folder) {
        Path file = folder.resolve("run.json");
        Map<String, String> flat = new TreeMap<>();
        Set<String> clock = new TreeSet<>();
        try {
            JsonObject run = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
            flatten("", run, flat);
            if (run.has("clock")) {
                run.getAsJsonArray("clock").forEach(name -> clock.add(name.getAsString()));
            }
        } catch (IOException | RuntimeException e) {
            throw new BadInputException(
                    file + " is not the record of a run (" + e.getMessage() + "); name a folder that ./engram wrote.",
                    e);
        }
        return new Described(flat, clock);
    }

    private static void flatten(String name, JsonElement value, Map<String, String> flat) {
        if (value instanceof JsonObject object) {
            object.entrySet()
                    .forEach(e -> flatten(name.isEmpty() ? e.getKey() : name + "." + e.getKey(), e.getValue(), flat));
        } else {
            flat.put(name, value.isJsonPrimitive() ? value.getAsString() : value.toString());
        }
    }

    private void print(Compared c, PrintStream out) {
        out.println("== " + c.run() + ", " + c.table());
        c.settings()
                .forEach((name, pair) -> out.println("  " + name + ": " + pair[0] + " | " + pair[1]
                        + (OF_EACH_RUN.contains(name) ? "" : "   <- differs")));
        out.println("  " + c.cells().size() + " numbers: " + c.count(Verdict.EQUAL) + " equal, "
                + c.count(Verdict.INSIDE) + " inside their intervals, " + c.count(Verdict.OUTSIDE) + " outside, "
                + c.count(Verdict.NO_INTERVAL) + " differ without a stated interval, " + c.count(Verdict.ONE_SIDED)
                + " in one run only");
        List<Line> lines = c.cells().stream()
                .filter(x -> all || x.verdict() != Verdict.EQUAL && x.verdict() != Verdict.INSIDE)
                .map(CompareRunsCommand::line)
                .toList();
        if (!lines.isEmpty()) {
            out.println(Tables.text(Tables.of("", lines)));
        }
    }

    private static Line line(Cell x) {
        return new Line(
                x.key(),
                x.column(),
                Format.number(x.a()),
                Format.number(x.b()),
                x.clock() ? "× " + Format.number(x.b() / x.a()) : Format.number(x.difference()),
                words(x.verdict()));
    }

    private static String words(Verdict verdict) {
        return verdict.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private void printJson(List<Compared> compared) {
        JsonOutput object = new JsonOutput();
        for (Compared c : compared) {
            Map<String, Object> run = new LinkedHashMap<>();
            run.put("table", c.table());
            run.put("settings", c.settings());
            for (Verdict verdict : Verdict.values()) {
                run.put(words(verdict), c.count(verdict));
            }
            run.put(
                    "numbers",
                    c.cells().stream().map(CompareRunsCommand::fields).toList());
            object.add(c.run(), run);
        }
        object.print(engram.streams());
    }

    /** JSON knows no NaN: a missing number is left out. */
    private static Map<String, Object> fields(Cell cell) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("row", cell.key());
        fields.put("measured", cell.column());
        put(fields, "a", cell.a());
        put(fields, "b", cell.b());
        put(fields, "difference", cell.difference());
        fields.put("clock", cell.clock());
        fields.put("verdict", words(cell.verdict()));
        return fields;
    }

    private static void put(Map<String, Object> fields, String name, double value) {
        if (Double.isFinite(value)) {
            fields.put(name, value);
        }
    }
}
