package dev.engram.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.eval.Claim;
import dev.engram.eval.Claim.Verdict;
import dev.engram.eval.Claims;
import dev.engram.eval.Scorecard;
import dev.engram.eval.SeedItem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** data/seeds.csv and results/claims.csv say nothing that is not there: classes, tests, notebooks and verdicts. */
class SeedsAndClaimsTest {
    private static final Path ROOT = Path.of("");
    /** Rows of each seed document, numbered from 01. */
    private static final Map<String, Integer> ROWS = Map.of("000", 28, "001", 13, "002", 36, "003", 67, "004", 42);

    private static List<SeedItem> seeds;
    private static List<Claim> claims;

    @BeforeAll
    static void read() {
        seeds = SeedItem.read(Path.of("data/seeds.csv"));
        claims = Claims.read(Path.of("results/claims.csv"));
    }

    @Test
    void everyRowOfTheSeedsIsThereOnce() {
        Set<String> expected = ROWS.entrySet().stream()
                .flatMap(e ->
                        IntStream.rangeClosed(1, e.getValue()).mapToObj(i -> String.format("S%s-%02d", e.getKey(), i)))
                .collect(Collectors.toSet());
        assertEquals(expected, seeds.stream().map(SeedItem::id).collect(Collectors.toSet()));
        assertEquals(expected.size(), seeds.size(), "an id stands twice");
    }

    @Test
    void bothFilesHold() {
        assertEquals(List.of(), faults(seeds, claims));
    }

    @Test
    void thePageIsMadeFromTheRows() throws IOException {
        assertEquals(
                Scorecard.read(ROOT).page(),
                Files.readString(Path.of("data/seeds.md")),
                "data/seeds.md is old; make it again with ./engram pages");
    }

    /** The rules catch what they are for. */
    @Test
    void aRowThatPromisesTooMuchIsFound() {
        SeedItem good = seed("S000-21", "claim", "model.KvCache", "KvCacheTest", "00", "done", "");
        Claim answer = new Claim("S000-21", "20-40 %", "31 %", "", Verdict.REPRODUCED, "", "quick", "00");
        assertEquals(List.of(), faults(List.of(good), List.of(answer)));
        Map<String, SeedItem> bad = new LinkedHashMap<>();
        bad.put("status", seed("S000-21", "claim", "model.KvCache", "", "", "finished", ""));
        bad.put("no class, test or notebook", seed("S000-21", "claim", "", "", "", "done", ""));
        bad.put("NoSuchClass", seed("S000-21", "claim", "model.NoSuchClass", "", "", "done", ""));
        bad.put("eval.KvCache", seed("S000-21", "claim", "eval.KvCache", "", "", "done", ""));
        bad.put("NoSuchTest", seed("S000-21", "claim", "model.KvCache; model.Decoder", "NoSuchTest", "", "done", ""));
        bad.put("notebook 99", seed("S000-21", "claim", "", "", "99", "partly", "why"));
        bad.put("partly without a reason", seed("S000-21", "claim", "model.KvCache", "", "", "partly", ""));
        bad.put("left out without a reason", seed("S000-21", "claim", "", "", "", "left out", " "));
        bad.forEach((what, seed) -> {
            List<String> found = faults(List.of(seed), List.of(answer));
            assertEquals(1, found.size(), what + ": " + found);
        });
        assertEquals(1, faults(List.of(good), List.of()).size(), "done, but no claim answers it");
        SeedItem feature = seed("S000-21", "feature", "model.KvCache", "", "", "done", "");
        assertEquals(1, faults(List.of(feature), List.of(answer)).size(), "a verdict on a feature");
        assertEquals(1, faults(List.of(), List.of(answer)).size(), "a claim that no seed makes");
        Claim lost = new Claim("S000-21", "", "1", "", Verdict.REPRODUCED, "", "quick", "98");
        assertEquals(1, faults(List.of(good), List.of(lost)).size(), "a claim of a notebook that is not there");
        assertEquals(1, faults(List.of(good), List.of(answer, answer)).size(), "an answer that stands twice");
    }

    private static SeedItem seed(
            String id, String kind, String code, String test, String notebook, String status, String reason) {
        return new SeedItem(id, "000", "", kind, "", "", code, test, notebook, status, reason);
    }

    private static List<String> faults(List<SeedItem> seeds, List<Claim> claims) {
        List<String> faults = new ArrayList<>();
        Map<String, SeedItem> byId = new LinkedHashMap<>();
        seeds.forEach(s -> byId.put(s.id(), s));
        Set<String> answered = claims.stream().map(Claim::id).collect(Collectors.toSet());
        for (SeedItem s : seeds) {
            switch (s.status()) {
                case "open" -> {}
                case "done", "partly" -> missing(s, faults);
                case "left out" -> {}
                default -> faults.add(s.id() + " has the status '" + s.status() + "'");
            }
            if (Set.of("partly", "left out").contains(s.status()) && s.reason().isBlank()) {
                faults.add(s.id() + " is " + s.status() + " without a reason");
            }
            if (s.status().equals("done") && s.measurable() && !answered.contains(s.id())) {
                faults.add(s.id() + " is a " + s.kind() + " that no row of claims.csv answers");
            }
        }
        Set<String> keys = new HashSet<>();
        for (Claim c : claims) {
            SeedItem s = byId.get(c.id());
            if (s == null || !s.measurable()) {
                faults.add("claims.csv answers " + c.id() + ", which is no claim, table or constant of the seeds");
            }
            if (!notebook(c.notebook())) {
                faults.add("claims.csv names the notebook " + c.notebook() + ", which does not exist");
            }
            if (!keys.add(c.id() + " " + c.profile())) {
                faults.add("claims.csv answers " + c.id() + " twice in profile " + c.profile());
            }
        }
        return faults;
    }

    /** What a row names and is not on disk. */
    private static void missing(SeedItem s, List<String> faults) {
        if ((s.code() + s.test() + s.notebook()).isBlank()) {
            faults.add(s.id() + " is " + s.status() + " and names no class, test or notebook");
        }
        names(s.code()).filter(n -> !code("src/main", n)).forEach(n -> faults.add(s.id() + " names the code " + n));
        names(s.test()).filter(n -> !code("src/test", n)).forEach(n -> faults.add(s.id() + " names the test " + n));
        names(s.notebook()).filter(n -> !notebook(n)).forEach(n -> faults.add(s.id() + " names the notebook " + n));
    }

    private static Stream<String> names(String cell) {
        return Stream.of(cell.split(";")).map(String::strip).filter(n -> !n.isEmpty());
    }

    /** A class by its name, with or without packages, perhaps with a method; or any file of the repository. */
    private static boolean code(String tree, String name) {
        String path = name.replaceAll("#.*", "").replace('.', '/');
        return found(ROOT.resolve(tree).resolve("java"), "**/" + path + ".java")
                || Files.isRegularFile(ROOT.resolve(name));
    }

    private static boolean notebook(String name) {
        return name.matches("[\\w-]+") && found(ROOT.resolve("notebooks"), "notebooks/" + name + ".ipynb")
                || name.matches("\\d\\d") && found(ROOT.resolve("notebooks"), "notebooks/" + name + "-*.ipynb");
    }

    private static boolean found(Path folder, String glob) {
        var matcher = FileSystems.getDefault().getPathMatcher("glob:" + glob);
        try (Stream<Path> files = Files.walk(folder)) {
            return files.anyMatch(matcher::matches);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void thereIsSomethingToFind() {
        assertTrue(code("src/main", "model.KvCache#fork"));
        assertTrue(code("src/main", "environment/setup.sh"));
        assertTrue(notebook("00-start-here") && notebook("00"));
        assertTrue(!notebook("0") && !notebook("*"));
    }
}
