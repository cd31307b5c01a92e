package dev.engram.world;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** data/halcyon is what the generator makes, and what is written is what is read. */
class WorldFilesTest {
    private static final Path FOLDER = Path.of("data", "halcyon");

    @Test
    void theFolderIsTheGeneratorsWorkByteForByte() throws IOException {
        long bytes = 0;
        for (Map.Entry<String, String> file :
                WorldFiles.texts(World.generate(World.SEED)).entrySet()) {
            String stored = Files.readString(FOLDER.resolve(file.getKey()));
            assertTrue(
                    stored.equals(file.getValue()),
                    () -> file.getKey() + " differs from line " + firstDifference(stored, file.getValue())
                            + " on; run ./engram world generate --out data/halcyon");
            bytes += Files.size(FOLDER.resolve(file.getKey()));
        }
        assertTrue(bytes < 6_000_000, bytes + " bytes");
    }

    private static int firstDifference(String one, String other) {
        String[] a = one.split("\n", -1);
        String[] b = other.split("\n", -1);
        int line = 0;
        while (line < Math.min(a.length, b.length) && a[line].equals(b[line])) {
            line++;
        }
        return line + 1;
    }

    @Test
    void whatIsWrittenIsRead(@TempDir Path folder) {
        World world = World.generate("another");
        world.write(folder);
        assertEquals(world, World.load(folder));
        assertNotEquals(world.entities().get(1), World.load(FOLDER).entities().get(1), "the seed has no effect");
    }

    @Test
    void theReadmeCountsWhatIsThere() throws IOException {
        World world = World.load(FOLDER);
        Map<String, Integer> said = new TreeMap<>();
        Matcher rows =
                Pattern.compile("\\| `([^`]+)` \\| (\\d+) \\|").matcher(Files.readString(FOLDER.resolve("README.md")));
        while (rows.find()) {
            said.put(rows.group(1), Integer.parseInt(rows.group(2)));
        }
        Map<String, Integer> counted = new TreeMap<>();
        counted.put("entities.csv", world.entities().size());
        counted.put("facts.csv", world.facts().size());
        counted.put("two-hop.csv", world.twoHops().size());
        counted.put("unknown.csv", world.unknown().size());
        counted.put("papers.csv", world.papers().size());
        counted.put("passages.csv", world.passages().size());
        counted.put("conversations.jsonl", world.conversations().size());
        counted.put("preferences.jsonl", world.preferences().size());
        counted.put("personal.csv", world.personal().size());
        counted.put("chatter.csv", world.chatter().size());
        counted.put("facts-zh.csv", world.chinese().size());
        assertEquals(counted, said);
    }

    @Test
    void damagedFilesAreRefusedByNameAndLine(@TempDir Path folder) throws IOException {
        assertTrue(refused(folder).contains("has no facts.csv"));
        Files.writeString(folder.resolve("facts.csv"), "id,entity\n1,2\n");
        assertTrue(refused(folder).contains("line 1: the column 'value' is missing"));
        Files.copy(
                FOLDER.resolve("facts.csv"),
                folder.resolve("facts.csv"),
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        Files.writeString(
                folder.resolve("conversations.jsonl"), "{\"id\":\"c1\",\"facts\":[],\"messages\":[]}\nnothing\n");
        assertTrue(refused(folder).contains("conversations.jsonl, line 2"));
        Files.writeString(folder.resolve("conversations.jsonl"), "{\"id\":\"c1\"}\n");
        assertTrue(refused(folder).contains("conversations.jsonl, line 1"));
    }

    private static String refused(Path folder) {
        return assertThrows(IllegalArgumentException.class, () -> World.load(folder))
                .getMessage();
    }
}
