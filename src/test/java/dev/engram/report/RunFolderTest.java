package dev.engram.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.Table;

class RunFolderTest {
    /** No process has this number: Linux ends at 2²², and nothing runs under it elsewhere. */
    private static final long DEAD = 99_999_999;

    @TempDir
    Path results;

    private Path run(int value) {
        return run(value, Profile.QUICK);
    }

    private Path run(int value, Profile profile) {
        try (RunFolder run = RunFolder.open(results, "speed", profile, 7)) {
            run.rows(rows(value));
            return run.commit();
        }
    }

    private static Table rows(int value) {
        return Table.create("rows", IntColumn.create("value", new int[] {value}));
    }

    private int stored(Profile profile) {
        return Csv.read(RunFolder.existing(results, "speed", profile).resolve("rows.csv"))
                .intColumn("value")
                .get(0);
    }

    private List<String> entries() throws IOException {
        try (Stream<Path> all = Files.list(results.resolve("speed"))) {
            return all.map(p -> p.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void holdsRowsSummaryFiguresAndTheRecordOfTheRun() throws IOException {
        Path folder;
        try (RunFolder run = RunFolder.open(results, "speed", Profile.FULL, 42)) {
            run.setting("tokens", 256)
                    .setting("kernel", "auto")
                    .setting("layers", List.of(1, 2))
                    .clock("seconds");
            run.rows(rows(1));
            run.summary(rows(2));
            run.figure("line", ChartsTest.sampleLine());
            run.figure("map", ChartsTest.sampleMap());
            folder = run.commit();
        }
        assertEquals(results.resolve("speed/full").toAbsolutePath(), folder);
        JsonObject json = JsonParser.parseString(Files.readString(folder.resolve("run.json")))
                .getAsJsonObject();
        assertEquals("speed", json.get("experiment").getAsString());
        assertEquals("full", json.get("profile").getAsString());
        assertEquals(42, json.get("seed").getAsInt());
        assertEquals(256, json.getAsJsonObject("settings").get("tokens").getAsInt());
        assertEquals("seconds", json.getAsJsonArray("clock").get(0).getAsString());
        assertEquals(
                2, json.getAsJsonObject("settings").getAsJsonArray("layers").size());
        JsonObject versions = json.getAsJsonObject("versions");
        assertEquals(System.getProperty("java.version"), versions.get("java").getAsString());
        assertTrue(versions.get("djl").getAsString().startsWith("0."), versions.toString());
        assertTrue(versions.get("pytorch").getAsString().matches("\\d+\\.\\d+.*"), versions.toString());
        JsonObject machine = json.getAsJsonObject("machine");
        assertTrue(machine.get("memory").getAsLong() > 1 << 28, machine.toString());
        assertTrue(machine.get("cores").getAsInt() > 0);
        assertFalse(machine.get("cpu").getAsString().isBlank());
        assertTrue(Instant.parse(json.get("started").getAsString()).isBefore(Instant.now()));
        assertTrue(json.get("seconds").getAsDouble() > 0);
        assertTrue(Files.size(folder.resolve("figures/line.png")) > 5000);
        assertTrue(Files.size(folder.resolve("figures/map.png")) > 5000);
        assertTrue(Files.exists(folder.resolve("summary.csv")));
        assertEquals(List.of("full"), entries());
    }

    @Test
    void aNewRunReplacesTheFormerAsAWhole() throws IOException {
        Path folder = run(1);
        Files.writeString(folder.resolve("stale.txt"), "from the former run");
        run(2);
        assertEquals(2, stored(Profile.QUICK));
        assertFalse(Files.exists(folder.resolve("stale.txt")));
        assertEquals(List.of("quick"), entries());
    }

    @Test
    void quickNeverTouchesFull() {
        run(1, Profile.FULL);
        run(2, Profile.QUICK);
        assertEquals(1, stored(Profile.FULL));
        assertEquals(2, stored(Profile.QUICK));
    }

    @Test
    void aRedirectedRunLeavesTheResultsAlone() throws IOException {
        run(1);
        run(2, Profile.FULL);
        Path elsewhere = results.resolve("elsewhere");
        try (RunFolder run = RunFolder.open(results, elsewhere, "speed", Profile.QUICK, 7)) {
            run.rows(rows(3));
            assertEquals(elsewhere.resolve("speed/quick").toAbsolutePath(), run.commit());
        }
        assertEquals(1, stored(Profile.QUICK));
        assertEquals(List.of("full", "quick"), entries());
        assertEquals(
                elsewhere.resolve("speed/quick").toAbsolutePath(),
                RunFolder.existing(results, elsewhere, "speed", Profile.QUICK));
        assertEquals(
                results.resolve("speed/full").toAbsolutePath(),
                RunFolder.existing(results, elsewhere, "speed", Profile.FULL),
                "what was not run again is read where it lies");
    }

    @Test
    void aFailingRunLeavesTheFormerWhole() throws IOException {
        Path folder = run(1);
        byte[] before = Files.readAllBytes(folder.resolve("run.json"));
        assertThrows(ArithmeticException.class, () -> {
            try (RunFolder run = RunFolder.open(results, "speed", Profile.QUICK, 7)) {
                run.rows(rows(2));
                throw new ArithmeticException("the experiment failed");
            }
        });
        assertEquals(1, stored(Profile.QUICK));
        assertArrayEquals(before, Files.readAllBytes(folder.resolve("run.json")));
        assertEquals(List.of("quick"), entries());
    }

    @Test
    void aKilledRunIsClearedAwayByTheNext() throws IOException {
        run(1);
        Path scrap = results.resolve("speed/.quick.new-" + DEAD + "-0/figures");
        Files.createDirectories(scrap);
        Files.writeString(scrap.resolve("half.png"), "half");
        assertEquals(1, stored(Profile.QUICK));
        assertEquals(List.of("quick"), entries());
    }

    @Test
    void aRunKilledBetweenTheTwoMovesBringsTheFormerBack() throws IOException {
        Path folder = run(1);
        Files.move(folder, folder.resolveSibling(".quick.old-" + DEAD + "-0"));
        Files.createDirectory(folder.resolveSibling(".quick.new-" + DEAD + "-0"));
        assertEquals(1, stored(Profile.QUICK));
        assertEquals(List.of("quick"), entries());
    }

    /** In a container, folders of its image can be copied but not renamed. */
    @Test
    void aRunThatCannotBeRenamedIsCopied() throws IOException {
        Path folder = run(1);
        byte[] rows = Files.readAllBytes(folder.resolve("rows.csv"));
        Path aside = folder.resolveSibling(".quick.old-" + DEAD + "-0");
        RunFolder.copyAside(folder, aside);
        assertFalse(Files.exists(folder));
        assertArrayEquals(rows, Files.readAllBytes(aside.resolve("rows.csv")));
        Files.createDirectory(folder); // as a process leaves it that dies while it removes the former run
        Files.writeString(folder.resolve("run.json"), "{}");
        try (RunFolder next = RunFolder.open(results, "speed", Profile.QUICK, 7)) {
            assertArrayEquals(rows, Files.readAllBytes(folder.resolve("rows.csv")));
        }
        assertEquals(List.of("quick"), entries());
    }

    @Test
    void aRunThatIsStillGoingIsLeftAlone() throws IOException {
        try (RunFolder slow = RunFolder.open(results, "speed", Profile.QUICK, 7)) {
            slow.rows(rows(3));
            run(1);
            assertEquals(1, stored(Profile.QUICK));
            slow.commit();
        }
        assertEquals(3, stored(Profile.QUICK));
        assertEquals(List.of("quick"), entries());
    }

    @Test
    void aRunWithoutRowsCannotBeCommitted() {
        run(1);
        try (RunFolder run = RunFolder.open(results, "speed", Profile.QUICK, 7)) {
            assertThrows(IllegalStateException.class, run::commit);
        }
        assertEquals(1, stored(Profile.QUICK));
    }

    @Test
    void aCommittedRunTakesNothingMore() {
        RunFolder run = RunFolder.open(results, "speed", Profile.QUICK, 7);
        run.rows(rows(1));
        run.commit();
        assertThrows(IllegalStateException.class, () -> run.rows(rows(2)));
        assertThrows(IllegalStateException.class, run::commit);
        run.close();
        assertEquals(1, stored(Profile.QUICK));
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "Speed", "a b", "../up", "a/b", ".hidden", "-a", "a-", "a--b", "é"})
    void experimentNamesAreChecked(String name) {
        assertThrows(
                IllegalArgumentException.class,
                () -> RunFolder.open(results, name, Profile.QUICK, 1).close());
    }

    @Test
    void settingsAndFilesAreChecked() {
        try (RunFolder run = RunFolder.open(results, "speed", Profile.QUICK, 1)) {
            assertThrows(IllegalArgumentException.class, () -> run.setting("x", Double.NaN));
            assertThrows(IllegalArgumentException.class, () -> run.setting("x", new Object()));
            assertThrows(IllegalArgumentException.class, () -> run.file("../../escape.txt"));
            assertThrows(IllegalArgumentException.class, () -> run.figure("a/b", ChartsTest.sampleLine()));
        }
        assertThrows(IllegalArgumentException.class, () -> RunFolder.open(results, "speed", null, 1));
        String message = assertThrows(
                        IllegalArgumentException.class, () -> RunFolder.existing(results, "other", Profile.FULL))
                .getMessage();
        assertTrue(message.contains("full"), message);
    }

    @Test
    void profilesAreQuickAndFullOnly() {
        assertEquals(Profile.QUICK, Profile.of("quick"));
        assertEquals(Profile.FULL, Profile.of("full"));
        assertEquals(3, Profile.FULL.pick(2, 3));
        String message = assertThrows(IllegalArgumentException.class, () -> Profile.of("Fast"))
                .getMessage();
        assertTrue(message.contains("'Fast'") && message.contains("quick or full"), message);
    }
}
