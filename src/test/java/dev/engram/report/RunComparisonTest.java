package dev.engram.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.report.RunComparison.Cell;
import dev.engram.report.RunComparison.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tech.tablesaw.api.Table;

/** Which rows belong together, and whether a number stayed inside its interval. */
class RunComparisonTest {
    @TempDir
    private Path folder;

    private List<Cell> compare(String a, String b) throws IOException {
        return RunComparison.of(table("a.csv", a), table("b.csv", b), Set.of());
    }

    private Table table(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.writeString(file, text);
        return Csv.read(file);
    }

    private List<Verdict> verdicts(String header, String a, String b) throws IOException {
        return compare(header + "\n" + a + "\n", header + "\n" + b + "\n").stream()
                .map(Cell::verdict)
                .toList();
    }

    @Test
    void eachValueMustLieInTheOthersInterval() throws IOException {
        String header = "arm,value,low,high";
        assertEquals(List.of(Verdict.EQUAL), verdicts(header, "x,0.5,0.4,0.6", "x,0.5,0.4,0.6"));
        assertEquals(List.of(Verdict.INSIDE), verdicts(header, "x,0.5,0.4,0.6", "x,0.55,0.45,0.65"));
        assertEquals(List.of(Verdict.OUTSIDE), verdicts(header, "x,0.5,0.4,0.6", "x,0.7,0.6,0.8"));
        assertEquals(List.of(Verdict.OUTSIDE), verdicts(header, "x,0.5,0.4,0.6", "x,0.55,0.54,0.56"), "one way only");
        assertEquals(List.of(Verdict.OUTSIDE), verdicts(header, "x,0.5,0.49,0.51", "x,0.55,0.4,0.6"), "other way only");
        assertEquals(List.of(Verdict.INSIDE), verdicts(header, "x,0.5,0.4,0.6", "x,0.6,0.5,0.7"), "ends belong to it");
    }

    @Test
    void whatAClockMeasuredIsHeldToAFactor() throws IOException {
        Table a = table("a.csv", "quantity,mean,low,high\nmilliseconds,1.0,0.99,1.01\nfound,1.0,0.99,1.01\n");
        Table b = table("b.csv", "quantity,mean,low,high\nmilliseconds,1.9,1.89,1.91\nfound,1.9,1.89,1.91\n");
        assertEquals(
                List.of(Verdict.INSIDE, Verdict.OUTSIDE),
                RunComparison.of(a, b, Set.of("milliseconds")).stream()
                        .map(Cell::verdict)
                        .toList());
        assertEquals(
                List.of(true, true),
                RunComparison.of(a, b, Set.of("mean")).stream().map(Cell::clock).toList());
        Table slow = table("slow.csv", "quantity,mean,low,high\nmilliseconds,2.1,2.0,2.2\n");
        assertEquals(
                Verdict.OUTSIDE,
                RunComparison.of(a, slow, Set.of("milliseconds")).get(0).verdict());
    }

    @Test
    void intervalsHaveManyNames() throws IOException {
        assertEquals(List.of(Verdict.INSIDE), verdicts("arm,nll,nllLow,nllHigh", "x,0.5,0.4,0.6", "x,0.55,0.45,0.65"));
        assertEquals(
                List.of(Verdict.OUTSIDE),
                verdicts("arm,ratio,ratio_least,ratio_largest", "x,0.5,0.4,0.6", "x,0.75,0.7,0.8"));
        assertEquals(List.of(Verdict.INSIDE), verdicts("arm,min,median,max", "x,1.5,2.5,3.5", "x,1.6,2.6,3.6"));
        assertEquals(
                List.of(Verdict.INSIDE), verdicts("arm,share", "x,\"0.50 [0.4, 0.6]\"", "x,\"0.55 [0.45, 0.65]\""));
        assertEquals(List.of(Verdict.OUTSIDE), verdicts("arm,share", "x,\"0.50 [0.4, 0.6]\"", "x,\"0.75 [0.7, 0.8]\""));
        assertEquals(List.of(Verdict.NO_INTERVAL), verdicts("arm,rise", "x,9.1 %", "x,9.2 %"), "per cent are numbers");
        assertEquals(List.of(Verdict.NO_INTERVAL), verdicts("arm,seconds", "x,0.5", "x,0.6"));
    }

    @Test
    void rowsAreFoundInAnyOrder() throws IOException {
        List<Cell> cells =
                compare("arm,seed,nll\nx,1,0.5\ny,1,0.25\nx,2,0.125\n", "arm,seed,nll\nx,2,0.125\ny,1,0.25\nx,1,1.5\n");
        assertEquals(3, cells.size());
        assertEquals(new Cell("arm=x, seed=1", "nll", 0.5, 1.5, Verdict.NO_INTERVAL, false), cells.get(0));
        assertEquals(1, cells.get(0).difference());
        assertTrue(cells.stream().skip(1).allMatch(c -> c.verdict() == Verdict.EQUAL), cells.toString());
    }

    @Test
    void aDecimalTellsRowsApartOnlyWhereItMust() throws IOException {
        List<Cell> cells =
                compare("policy,kept,loss\nx,0.5,0.1\nx,0.25,0.2\n", "policy,kept,loss\nx,0.5,0.1\nx,0.25,0.3\n");
        assertEquals(
                List.of("policy=x, kept=0.5", "policy=x, kept=0.25"),
                cells.stream().map(Cell::key).toList());
        assertEquals(
                List.of(Verdict.EQUAL, Verdict.NO_INTERVAL),
                cells.stream().map(Cell::verdict).toList());
    }

    @Test
    void aRowOrColumnOfOneRunOnlyIsSaid() throws IOException {
        assertEquals(
                List.of(Verdict.EQUAL, Verdict.ONE_SIDED),
                compare("arm,nll\nx,0.5\n", "arm,nll\nx,0.5\ny,0.5\n").stream()
                        .map(Cell::verdict)
                        .toList());
        assertEquals(
                List.of(Verdict.EQUAL, Verdict.ONE_SIDED),
                compare("arm,nll\nx,0.5\n", "arm,nll,kl\nx,0.5,0.1\n").stream()
                        .map(Cell::verdict)
                        .toList());
    }

    @Test
    void sameRowsTwiceAreCounted() throws IOException {
        List<Cell> cells = compare("arm,n\nx,1\nx,1\n", "arm,n\nx,1\nx,1\n");
        assertTrue(cells.stream().allMatch(c -> c.verdict() == Verdict.EQUAL), cells.toString());
    }
}
