package dev.engram.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.TinyModel;
import dev.engram.world.World;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code world import}, {@code list} and {@code generate}. */
class WorldCommandTest {
    private static final String HEADER = "id,entity,value,statement,train_question_1,heldout_question_1\n";
    private static final String ROW = "g1,Rosa,teapot,Rosa saves in a teapot.,Where does Rosa save?,What holds it?\n";

    @TempDir
    private Path folder;

    @Test
    void listCountsHalcyon() {
        String out = Cli.run("world", "list", "--from", "data/halcyon").ok().out();
        World world = World.load(Path.of("data", "halcyon"));
        assertTrue(out.matches("(?s).*\nfacts +" + world.facts().size() + "\n.*"), out);
        assertEquals(16, out.lines().count(), out);
        Cli.run("world", "list", "--from", folder.toString()).refused("has no facts.csv", "import");
    }

    @Test
    void importCopiesOrRefuses() throws IOException {
        Path file = folder.resolve("mine.csv");
        Path out = folder.resolve("own");
        String model = TinyModel.write(folder.resolve("tiny")).toString();
        Files.writeString(file, HEADER + ROW);
        String said = Cli.run("world", "import", file.toString(), "--out", out.toString(), "--model", model)
                .ok()
                .out();
        assertTrue(said.matches("facts +1\npassages +0\nThey are in .*/own; .*\n"), said);
        assertEquals("teapot", World.load(out).facts().get(0).value());

        Files.writeString(file, HEADER + ROW + ROW);
        Cli.run("world", "import", file.toString(), "--out", out.toString(), "--model", model)
                .refused("mine.csv, line 3, column id", "give every fact an id of its own");
        Files.writeString(file, HEADER + ROW.replace(" in a", " in a".repeat(400)));
        Cli.run("world", "import", file.toString(), "--out", out.toString(), "--model", model)
                .refused("mine.csv, line 2, column statement", "tokens", "128");
        Files.writeString(file, HEADER + ROW);
        Cli.run("world", "import", file.toString(), "--out", file.toString(), "--model", model)
                .refused("--out is", "folder");
        Cli.run("world", "import", "--model", model).refused("FILE needs a value");
        assertEquals(1, World.load(out).facts().size(), "what was imported before is still there");
    }

    @Test
    void anotherSeedMakesAnotherWorld() {
        Cli.run("world", "generate", "--seed", "other", "--out", folder.toString())
                .ok();
        World other = World.load(folder);
        World halcyon = World.load(Path.of("data", "halcyon"));
        assertNotEquals(halcyon.entities().get(1), other.entities().get(1));
    }
}
