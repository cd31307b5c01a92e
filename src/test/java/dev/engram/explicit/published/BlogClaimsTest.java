package dev.engram.explicit.published;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.explicit.published.BlogClaims.Row;
import dev.engram.explicit.published.BlogClaims.Verdict;
import dev.engram.model.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlogClaimsTest {
    private static final Path PUBLISHED = Path.of("data/published");

    private static Row row(List<Row> rows, String part) {
        List<Row> found = rows.stream().filter(r -> r.sentence().contains(part)).toList();
        assertEquals(1, found.size(), part);
        return found.get(0);
    }

    @Test
    void sentencesThatTheirOwnTablesContradict() {
        List<Row> rows = BlogClaims.check(PUBLISHED);
        assertEquals(
                List.of("S003-38", "S003-46"),
                rows.stream()
                        .filter(r -> r.verdict() == Verdict.FALSE)
                        .map(Row::id)
                        .toList());
        assertEquals(Verdict.FALSE_ON_THE_FULL_TABLE, row(rows, "GSM8k").verdict());
        assertEquals(Verdict.FALSE_ON_THE_FULL_TABLE, row(rows, "in Chinese").verdict());
        assertEquals(Verdict.FALSE_ON_THE_FULL_TABLE, row(rows, "on HaluE-QA").verdict());
        assertEquals(Verdict.FALSE_ON_THE_FULL_TABLE, row(rows, "in law second").verdict());
        assertEquals(
                4,
                rows.stream()
                        .filter(r -> r.verdict() == Verdict.FALSE_ON_THE_FULL_TABLE)
                        .count());
    }

    @Test
    void numbersAsTheFactsHaveThem() {
        List<Row> rows = BlogClaims.check(PUBLISHED);
        assertTrue(row(rows, "30 to 40").computed().startsWith("39.73 %"));
        assertEquals(
                "57.52 %; above Phi-2 with 5 references 55.65 %",
                row(rows, "above Phi-2").computed());
        assertEquals("24.55 %", row(rows, "24.55").computed());
        assertEquals(
                "2.51 between the printed averages, 2.52 unrounded; without HellaSwag 1.71",
                row(rows, "2.51").computed());
        assertTrue(row(rows, "35.19").computed().startsWith("35.19 % and 37.78 %"));
        assertTrue(row(rows, "MiniCPM-2B of the same size").computed().startsWith("+0.55 points (+1.4 %)"));
    }

    @Test
    void theVerdictComesFromTheTable(@TempDir Path folder) throws IOException {
        try (Stream<Path> files = Files.list(PUBLISHED)) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
        Path table = folder.resolve("memory3-hallucination.csv");
        Files.writeString(table, Files.readString(table).replace("43.38,50.03", "43.38,60.03"));
        assertEquals(
                Verdict.TRUE, row(BlogClaims.check(folder), "HaluE-Dialogue").verdict());
    }

    @Test
    void everyRowBelongsToTheSeed() throws IOException {
        String seeds = Files.readString(Path.of("data/seeds.csv"));
        for (Row row : BlogClaims.check(PUBLISHED)) {
            assertTrue(seeds.contains("\n" + row.id() + ","), row.id());
        }
    }

    @Test
    void usageAndNoveltyByHand() {
        MemoryUsage rates = MemoryUsage.ofWords("the mill was built in 1702", List.of("the mill", "built in 1698"));
        assertEquals(4.0 / 6, rates.usage());
        assertEquals(2.0 / 6, rates.novel());
    }

    @Test
    void theTwoRatesSumToOneForAnyAnswer() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 200; i++) {
            List<Integer> answer =
                    random.ints(1 + random.nextInt(30), 0, 50).boxed().toList();
            List<List<Integer>> memories = IntStream.range(0, random.nextInt(5))
                    .mapToObj(m -> random.ints(8, 0, 50).boxed().toList())
                    .toList();
            MemoryUsage rates = MemoryUsage.of(answer, memories);
            assertEquals(1, rates.usage() + rates.novel(), 1e-12);
        }
    }

    @Test
    void aChineseSentenceIsOneWordToTheBlog() {
        assertEquals(
                0, MemoryUsage.ofWords("水车建于1702年", List.of("水车建于1702年的夏天")).usage());
        assertThrows(BadInputException.class, () -> MemoryUsage.ofWords(" ", List.of("a")));
    }
}
