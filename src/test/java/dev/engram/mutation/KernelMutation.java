package dev.engram.mutation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.report.Csv;
import dev.engram.report.Profile;
import dev.engram.report.RunFolder;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.Row;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/**
 * What share of broken kernel texts do the equivalence tests notice? Generated edits of the decoder's text, each under the
 * tests of {@link KernelWorker}. Not part of a build, as it takes some twenty minutes:
 *
 * <pre>mvn test -Dtest=KernelMutation</pre>
 *
 * The rows go to results/mutation-kernel. Edits that src/test/resources/mutation/kernel-survivors.csv calls "equivalent", with
 * the reason why they compute the same numbers, count neither as caught nor as survivors.
 */
class KernelMutation {
    private static final long SEED = 20261128;
    private static final int EACH = Integer.getInteger("mutation.each", 7);
    private static final double BAR = 0.95;

    @Test
    void editsAreCaught() throws IOException, InterruptedException {
        Path work = Path.of("target/mutation").toAbsolutePath();
        Path rows = work.resolve("rows.tsv");
        Files.createDirectories(work);
        List<KernelEdit> edits = KernelEdit.sample(SEED, EACH);
        long start = System.nanoTime();
        int next;
        while ((next = count(rows)) <= edits.size()) { // a run that was ended goes on where it stopped
            int code = worker(work, rows, next);
            if (code != 0 && count(rows) == next) {
                String how = code == 3 ? "no end" : "the JVM ended with code " + code;
                Files.writeString(
                        rows,
                        next + "\tcaught\t\t" + how + "\t0\n",
                        java.nio.file.StandardOpenOption.CREATE,
                        java.nio.file.StandardOpenOption.APPEND);
            }
        }
        Table table = table(edits, Files.readAllLines(rows));
        try (RunFolder run = RunFolder.open(Path.of("results"), "mutation-kernel", Profile.FULL, SEED)) {
            run.setting("edits_a_family", EACH).setting("tests", String.join(" ", KernelWorker.TESTS));
            run.rows(table);
            run.summary(summary(table));
            run.commit();
        }
        Files.delete(rows);
        int caught = verdicts(table, "caught");
        int survived = verdicts(table, "survived");
        System.out.printf(
                "%d of %d edits caught, %d equivalent, %d no programs, %.0f s%n",
                caught,
                caught + survived,
                verdicts(table, "equivalent"),
                verdicts(table, "does not load"),
                (System.nanoTime() - start) / 1e9);
        assertTrue(caught + survived >= 60, "too few edits");
        assertTrue(caught >= BAR * (caught + survived), survived + " edits survived");
    }

    private static int count(Path rows) throws IOException {
        return Files.exists(rows) ? Files.readAllLines(rows).size() : 0;
    }

    private static int worker(Path work, Path rows, int first) throws IOException, InterruptedException {
        Path text = work.resolve("text");
        Path edited = text.resolve(KernelEdit.FOLDER);
        if (Files.exists(edited)) { // what an ended worker left
            dev.engram.report.FileTree.delete(edited);
        }
        Files.createDirectories(text);
        String path = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx2g",
                "-Djava.awt.headless=true",
                "-cp",
                text + File.pathSeparator + path,
                KernelWorker.class.getName(),
                text.toString(),
                rows.toString(),
                "" + SEED,
                "" + EACH,
                "" + first);
        builder.environment().put("ENGRAM_KERNEL", "plain");
        builder.redirectErrorStream(true)
                .redirectOutput(work.resolve("worker.log").toFile());
        return builder.start().waitFor();
    }

    private static Table table(List<KernelEdit> edits, List<String> lines) throws IOException {
        Table table = Table.create(
                IntColumn.create("edit"),
                StringColumn.create("file"),
                IntColumn.create("line"),
                StringColumn.create("function"),
                StringColumn.create("rule"),
                StringColumn.create("before"),
                StringColumn.create("after"),
                StringColumn.create("verdict"),
                StringColumn.create("by"),
                StringColumn.create("how"),
                DoubleColumn.create("seconds"));
        Set<String> equivalent = equivalent();
        for (String line : lines) {
            String[] cells = line.split("\t", -1);
            int number = Integer.parseInt(cells[0]);
            if (number == 0) {
                assertEquals("survived", cells[1], "a test fails without any edit: " + cells[2]);
                continue;
            }
            KernelEdit edit = edits.get(number - 1);
            boolean same =
                    equivalent.contains(edit.function() + "|" + edit.after().strip());
            Row row = table.appendRow();
            row.setInt("edit", number);
            row.setString("file", edit.file());
            row.setInt("line", edit.line());
            row.setString("function", edit.function());
            row.setString("rule", edit.rule());
            row.setString("before", edit.before());
            row.setString("after", edit.after().strip());
            row.setString("verdict", cells[1].equals("survived") && same ? "equivalent" : cells[1]);
            row.setString("by", cells[2]);
            row.setString("how", cells[3]);
            row.setDouble("seconds", Double.parseDouble(cells[4]));
        }
        return table;
    }

    /** Edits that change no number a caller can see, as function|line. */
    private static Set<String> equivalent() {
        Table known = Csv.read(Path.of("src/test/resources/mutation/kernel-survivors.csv"));
        Set<String> keys = new HashSet<>();
        for (Row row : known) {
            if (row.getString("kind").equals("equivalent")) {
                keys.add(row.getString("function") + "|" + row.getString("after"));
            }
        }
        return keys;
    }

    private static Table summary(Table rows) {
        Table summary = Table.create(
                StringColumn.create("rule"),
                IntColumn.create("edits"),
                IntColumn.create("caught"),
                IntColumn.create("survived"),
                IntColumn.create("equivalent"),
                IntColumn.create("does_not_load"));
        List<String> rules = new ArrayList<>(rows.stringColumn("rule").unique().asList());
        rules.add("all");
        for (String rule : rules) {
            Table part = rule.equals("all")
                    ? rows
                    : rows.where(rows.stringColumn("rule").isEqualTo(rule));
            Row row = summary.appendRow();
            row.setString("rule", rule);
            row.setInt("edits", part.rowCount());
            row.setInt("caught", verdicts(part, "caught"));
            row.setInt("survived", verdicts(part, "survived"));
            row.setInt("equivalent", verdicts(part, "equivalent"));
            row.setInt("does_not_load", verdicts(part, "does not load"));
        }
        return summary;
    }

    private static int verdicts(Table rows, String verdict) {
        return rows.stringColumn("verdict").countOccurrences(verdict);
    }
}
