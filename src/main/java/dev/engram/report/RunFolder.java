package dev.engram.report;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.knowm.xchart.internal.chartpart.IChart;
import tech.tablesaw.api.Table;

/**
 * The results of one run of one experiment: {@code results/<experiment>/<profile>/} with rows.csv, summary.csv, run.json and
 * figures/*.png. Everything is written into a hidden folder beside it, and {@link #commit()} puts that in place of the former
 * run; without commit, close throws it away. So a run that fails or is killed leaves the former one whole.
 *
 * <p>Where the environment variable ENGRAM_RESULTS names a folder, runs are written there and not below {@code results}. A
 * trial run of the notebooks, such as that of {@code ./engram test}, so leaves the results of the checkout as they are.
 *
 * <pre>{@code
 * try (RunFolder run = RunFolder.open(results, "decode-speed", Profile.fromEnvironment(), 7)) {
 *     run.setting("tokens", 256);
 *     run.rows(rows);
 *     run.figure("speed", chart);
 *     run.commit();
 * }
 * }</pre>
 */
public final class RunFolder implements AutoCloseable {
    private static final Pattern NAME = Pattern.compile("[a-z0-9]+(-[a-z0-9]+)*");
    /** Hidden neighbours: the profile, what it is, the process that made it, a counter. */
    private static final Pattern HIDDEN = Pattern.compile("\\.([a-z]+)\\.(new|old)-(\\d+)-(\\d+)");

    private static final String ROWS = "rows.csv";

    /** Name of the environment variable that sends runs to another folder. */
    private static final String VARIABLE = "ENGRAM_RESULTS";

    private static final Gson JSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    private final Path target;
    private final Path work;
    private final Map<String, Object> settings = new LinkedHashMap<>();
    private final Map<String, Object> record = new LinkedHashMap<>();
    private final long startNanos = System.nanoTime();
    private boolean open = true;

    private RunFolder(Path target, Path work) {
        this.target = target;
        this.work = work;
    }

    /**
     * Starts a run.
     *
     * @param results the folder of all results
     * @param experiment small letters, digits and single hyphens, for example {@code decode-speed}
     * @param profile its size; part of the path, so a quick run never replaces a full one
     * @param seed the seed that every random step of the run derives from
     */
    public static RunFolder open(Path results, String experiment, Profile profile, long seed) {
        return open(results, redirection(), experiment, profile, seed);
    }

    static RunFolder open(Path results, Path redirection, String experiment, Profile profile, long seed) {
        Path target = target(redirection == null ? results : redirection, experiment, profile);
        try {
            Files.createDirectories(target.getParent());
            tidy(target);
            RunFolder run = new RunFolder(target, hidden(target, "new"));
            Files.createDirectory(run.work);
            run.record.put("experiment", experiment);
            run.record.put("profile", profile.key());
            run.record.put("seed", seed);
            run.record.put("settings", run.settings);
            run.record.put("versions", Versions.here());
            run.record.put("machine", Machine.here());
            run.record.put(
                    "started", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
            return run;
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot start a run in " + target + ": " + e, e);
        }
    }

    /** The folder of the last committed run; one that was sent to ENGRAM_RESULTS comes before one below {@code results}. */
    public static Path existing(Path results, String experiment, Profile profile) {
        return existing(results, redirection(), experiment, profile);
    }

    static Path existing(Path results, Path redirection, String experiment, Profile profile) {
        if (redirection != null && Files.isDirectory(target(redirection, experiment, profile))) {
            return existing(redirection, null, experiment, profile);
        }
        Path target = target(results, experiment, profile);
        try {
            if (Files.isDirectory(target.getParent())) {
                tidy(target);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read " + target + ": " + e, e);
        }
        if (!Files.isDirectory(target)) {
            throw new IllegalArgumentException(
                    target + " does not exist; run the experiment with the profile " + profile.key() + " first.");
        }
        return target;
    }

    /** Notes one setting: a text, a finite number, a truth value, or a list of those. */
    public RunFolder setting(String name, Object value) {
        requireOpen();
        if (!isPlain(value)) {
            throw new IllegalArgumentException("The setting '" + name + "' has the value " + value
                    + "; give a text, a finite number, true or false, or a list of those.");
        }
        settings.put(name, value);
        return this;
    }

    /**
     * Names what a clock measured: columns of the summary, or texts in its rows such as {@code milliseconds}. A comparison of two runs
     * holds them to a factor ({@link RunComparison#CLOCK}) and everything else to its interval.
     */
    public RunFolder clock(String... names) {
        requireOpen();
        record.put("clock", List.of(names));
        return this;
    }

    /** Writes rows.csv, one row per measurement; every run must. */
    public void rows(Table rows) {
        Csv.write(file(ROWS), rows);
    }

    /** Writes summary.csv, one row per arm. */
    public void summary(Table summary) {
        Csv.write(file("summary.csv"), summary);
    }

    /** Writes figures/NAME.png. */
    public void figure(String name, Picture picture) {
        picture.save(file("figures").resolve(requireName("figure", name) + ".png"));
    }

    /** Writes figures/NAME.png. */
    public void figure(String name, IChart chart) {
        figure(name, Charts.picture(chart));
    }

    /** A file of the run that has no method of its own; it lands beside rows.csv when the run is committed. */
    public Path file(String name) {
        requireOpen();
        Path file = work.resolve(name).normalize();
        if (!file.startsWith(work) || file.equals(work)) {
            throw new IllegalArgumentException(
                    "The file '" + name + "' lies outside the run's folder; give a plain name.");
        }
        return file;
    }

    /** Puts this run in place of the former one and returns its folder. */
    public Path commit() {
        requireOpen();
        if (!Files.exists(file(ROWS))) {
            throw new IllegalStateException("The run of '" + record.get("experiment")
                    + "' has no rows; write them with rows(table) before the commit.");
        }
        record.put("seconds", Math.round((System.nanoTime() - startNanos) / 1e6) / 1e3);
        AtomicFile.write(file("run.json"), JSON.toJson(record) + "\n");
        try {
            swap();
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot put the run in place at " + target + ": " + e, e);
        }
        return target;
    }

    /** Throws the run away unless it was committed. */
    @Override
    public void close() {
        if (open) {
            open = false;
            try {
                FileTree.delete(work);
                tidy(target);
            } catch (IOException e) {
                throw new UncheckedIOException("Cannot remove " + work + ": " + e, e);
            }
        }
    }

    /** A folder cannot be replaced in one step. If the process dies between the two moves, tidy() puts the old one back. */
    private void swap() throws IOException {
        synchronized (RunFolder.class) {
            Path old = hidden(target, "old");
            if (Files.exists(target)) {
                setAside(target, old);
            }
            Files.move(work, target, StandardCopyOption.ATOMIC_MOVE);
            open = false;
            FileTree.delete(old);
        }
    }

    private static void setAside(Path target, Path old) throws IOException {
        try {
            Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            copyAside(target, old);
        }
    }

    /** For a folder that cannot be renamed, as those in a container's image. Its rows go first, so that tidy() knows a rest of it. */
    static void copyAside(Path target, Path old) throws IOException {
        FileTree.copy(target, old);
        Files.deleteIfExists(target.resolve(ROWS));
        FileTree.delete(target);
    }

    /** Removes what dead processes left beside the target, and brings back a former run caught between two moves. */
    private static synchronized void tidy(Path target) throws IOException {
        List<Path> neighbours;
        try (Stream<Path> all = Files.list(target.getParent())) {
            neighbours = all.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path neighbour : neighbours) {
            Matcher name = HIDDEN.matcher(neighbour.getFileName().toString());
            if (!name.matches() || !name.group(1).equals(target.getFileName().toString())) {
                continue;
            }
            long owner = Long.parseLong(name.group(3));
            boolean mine = owner == ProcessHandle.current().pid();
            boolean alive = ProcessHandle.of(owner).map(ProcessHandle::isAlive).orElse(false);
            if (name.group(2).equals("old") && !Files.exists(target.resolve(ROWS)) && (mine || !alive)) {
                FileTree.delete(target);
                Files.move(neighbour, target, StandardCopyOption.ATOMIC_MOVE);
            } else if (!alive) {
                FileTree.delete(neighbour);
            }
        }
    }

    private static Path redirection() {
        String folder = System.getenv(VARIABLE);
        return folder == null || folder.isBlank() ? null : Path.of(folder);
    }

    private static Path target(Path results, String experiment, Profile profile) {
        if (profile == null) {
            throw new IllegalArgumentException("A run needs a profile; give Profile.QUICK or Profile.FULL.");
        }
        return results.toAbsolutePath()
                .normalize()
                .resolve(requireName("experiment", experiment))
                .resolve(profile.key());
    }

    private static Path hidden(Path target, String what) {
        String start = "." + target.getFileName() + "." + what + "-"
                + ProcessHandle.current().pid() + "-";
        int counter = 0;
        while (Files.exists(target.resolveSibling(start + counter))) {
            counter++;
        }
        return target.resolveSibling(start + counter);
    }

    private static String requireName(String what, String name) {
        if (name == null || !NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("The " + what + " name '" + name
                    + "' is not usable in a path; use small letters, digits and single hyphens, as in decode-speed.");
        }
        return name;
    }

    private static boolean isPlain(Object value) {
        if (value instanceof List<?> list) {
            return list.stream().allMatch(RunFolder::isPlain);
        }
        return value instanceof String
                || value instanceof Boolean
                || value instanceof Number number && Double.isFinite(number.doubleValue());
    }

    private void requireOpen() {
        if (!open) {
            throw new IllegalStateException(
                    "The run at " + target + " is already committed or closed; open a new one.");
        }
    }
}
