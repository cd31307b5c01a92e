package dev.engram.world;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Killed;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that imports two worlds in turn is killed: facts and passages never stem from different ones. */
class ImportKillTest {
    private static final int FACTS = 3000;

    private static World world(int n) {
        List<Fact> facts = java.util.stream.IntStream.range(0, FACTS)
                .mapToObj(i -> {
                    String name = "of world " + n;
                    return new Fact(
                            "w" + n + "-" + i,
                            "train",
                            "",
                            "E" + i,
                            "",
                            i,
                            name,
                            "",
                            "E" + i + " is " + name + ".",
                            "",
                            List.of(),
                            List.of("What is E" + i + "?"),
                            List.of("What, then, is E" + i + "?"),
                            "",
                            "");
                })
                .toList();
        List<Passage> passages = facts.stream()
                .map(f -> new Passage("p" + f.id(), "train", f.entity(), List.of(f.id()), f.statement()))
                .toList();
        return new World(
                List.of(), facts, List.of(), List.of(), List.of(), passages, List.of(), List.of(), List.of(), List.of(),
                List.of());
    }

    /** Imports world 1, 2, 1, 2, ... into a folder. */
    public static void main(String[] args) {
        List<World> worlds = List.of(world(1), world(2));
        for (int i = 0; ; i++) {
            OwnFacts.write(worlds.get(i % 2), Path.of(args[0]));
            System.out.println(i);
        }
    }

    @Test
    void factsAndPassagesBelongTogether(@TempDir Path temporary) throws IOException, InterruptedException {
        Path folder = temporary.resolve("own");
        Random random = new Random(3);
        for (int life = 0; life < 6; life++) {
            Killed.after(random.nextInt(150), temporary.resolve("said"), ImportKillTest.class, folder.toString());
            World found = World.load(folder);
            assertEquals(FACTS, found.facts().size());
            String first = found.facts().get(0).id().substring(0, 2);
            assertTrue(found.facts().stream().allMatch(f -> f.id().startsWith(first)));
            assertTrue(
                    found.passages().isEmpty() || found.passages().size() == FACTS,
                    found.passages().size() + " passages");
            assertTrue(
                    found.passages().stream().allMatch(p -> p.id().startsWith("p" + first)),
                    "passages of another world than the facts");
        }
    }
}
