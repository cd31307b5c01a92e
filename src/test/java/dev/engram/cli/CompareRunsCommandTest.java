package dev.engram.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** compare-runs: one run against another, and folders of runs. */
class CompareRunsCommandTest {
    @TempDir
    private Path folder;

    private Path a, b;

    @BeforeEach
    void twoRuns() throws IOException {
        a = run("a/x/quick", "AMD", "arm,value,low,high\nnew,0.5,0.4,0.6\nold,1.0,0.9,1.1\n");
        b = run("b/x/quick", "ARM", "arm,value,low,high\nnew,0.55,0.45,0.65\nold,2.0,1.9,2.1\n");
        run("b/y/quick", "ARM", "arm,value\nnew,0.5\n");
    }

    private Path run(String name, String cpu, String summary) throws IOException {
        Path run = Files.createDirectories(folder.resolve(name));
        Files.writeString(run.resolve("run.json"), "{\"seed\": 1, \"machine\": {\"cpu\": \"" + cpu + "\"}}");
        Files.writeString(run.resolve("summary.csv"), summary);
        return run;
    }

    @Test
    void machinesAndNumbersAreCompared() {
        Cli.Result cli = Cli.run("compare-runs", a.toString(), b.toString());
        assertEquals(0, cli.code(), cli.err());
        assertTrue(cli.out().contains("machine.cpu: AMD | ARM"), cli.out());
        assertFalse(cli.out().contains("seed:"), cli.out());
        assertTrue(cli.out().contains("2 numbers: 0 equal, 1 inside their intervals, 1 outside"), cli.out());
        assertTrue(cli.out().contains("arm=old") && !cli.out().contains("arm=new"), cli.out());
        assertTrue(Cli.run("compare-runs", a.toString(), b.toString(), "--all")
                .out()
                .contains("arm=new"));
    }

    @Test
    void strictEndsWithOneWhereANumberLeftItsInterval() {
        assertEquals(
                1,
                Cli.run("compare-runs", a.toString(), b.toString(), "--strict").code());
        assertEquals(
                0,
                Cli.run("compare-runs", a.toString(), a.toString(), "--strict").code());
    }

    @Test
    void strictEndsWithOneWhereANumberMovedWithoutAnIntervalOrIsMissing() throws IOException {
        String table = "arm,value\nnew,0.5\nold,1.0\n";
        Path plain = run("c/x/quick", "AMD", table);
        Path moved = run("d/x/quick", "AMD", table.replace("1.0", "1.1"));
        Path shorter = run("e/x/quick", "AMD", "arm,value\nnew,0.5\n");
        for (Path other : new Path[] {moved, shorter}) {
            assertEquals(
                    1,
                    Cli.run("compare-runs", plain.toString(), other.toString(), "--strict")
                            .code());
        }
    }

    @Test
    void theRunSaysWhatAClockMeasured() throws IOException {
        Path slow = run("f/x/quick", "AMD", "arm,value\nx,1.0\n");
        Path fast = run("g/x/quick", "AMD", "arm,value\nx,1.5\n");
        Cli.Result unknown = Cli.run("compare-runs", slow.toString(), fast.toString());
        assertTrue(unknown.out().contains("no interval"), unknown.out());
        Files.writeString(fast.resolve("run.json"), "{\"clock\": [\"value\"]}");
        Cli.Result timed = Cli.run("compare-runs", slow.toString(), fast.toString(), "--all", "--strict");
        assertTrue(timed.out().contains("× 1.5") && timed.out().contains("inside"), timed.out());
        assertEquals(0, timed.code());
    }

    @Test
    void foldersOfRunsAreComparedWhereBothHaveOne() {
        Cli.Result cli = Cli.run(
                "compare-runs",
                folder.resolve("a").toString(),
                folder.resolve("b").toString());
        assertTrue(cli.out().contains("== x/quick") && !cli.out().contains("y/quick"), cli.out());
    }

    @Test
    void jsonHoldsEveryNumber() {
        JsonObject json = JsonParser.parseString(Cli.run("compare-runs", a.toString(), b.toString(), "--json")
                        .out())
                .getAsJsonObject()
                .getAsJsonObject("quick");
        assertEquals(2, json.getAsJsonArray("numbers").size());
        assertEquals(1, json.get("outside").getAsInt());
        assertEquals(
                "ARM",
                json.getAsJsonObject("settings")
                        .getAsJsonArray("machine.cpu")
                        .get(1)
                        .getAsString());
    }

    @Test
    void whatIsNoRunIsRefusedInOneSentence() throws IOException {
        Cli.Result cli =
                Cli.run("compare-runs", a.toString(), folder.resolve("none").toString());
        assertEquals(2, cli.code());
        assertTrue(cli.err().contains("is not a folder"), cli.err());
        for (String other : new String[] {"no record", "{\"clock\": \"no list\"}"}) {
            Files.writeString(b.resolve("run.json"), other);
            cli = Cli.run("compare-runs", a.toString(), b.toString());
            assertEquals(2, cli.code());
            assertTrue(cli.err().contains("is not the record of a run"), cli.err());
        }
    }
}
