package dev.engram.dual;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Killed;
import dev.engram.model.LoadOptions;
import dev.engram.model.engine.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that saves an LMCODE model over and over is killed: weights and memories are of one moment. */
class LmcodeKillTest {
    private static LmcodeConfig config() {
        return LmcodeConfig.tiny(30, 6).withMemories(Memories.BOTH);
    }

    /** Saves model 1, 2, 3, ...: every parameter and the one long-term entry hold that number. */
    public static void main(String[] args) {
        Torch.manager(LoadOptions.DeviceChoice.AUTO).close();
        Torch.setThreads(1);
        try (Lmcode model = Lmcode.create(config(), 1)) {
            for (int n = 1; ; n++) {
                int now = n;
                model.parameters().forEach((name, p) -> model.set(p, all((int) p.size(), now)));
                LongTermMemory store = model.layers().get(0).longTermMemory();
                store.clear();
                store.write(all(store.width(), 1), all(store.width(), n), 1);
                model.save(Path.of(args[0]));
                System.out.println(n);
            }
        }
    }

    private static float[] all(int size, float value) {
        float[] values = new float[size];
        Arrays.fill(values, value);
        return values;
    }

    @Test
    void weightsAndMemoriesAreOfOneMoment(@TempDir Path temporary) throws IOException, InterruptedException {
        Path folder = temporary.resolve("model");
        Random random = new Random(1);
        for (int life = 0; life < 3; life++) {
            int said = Killed.after(
                            random.nextInt(200), temporary.resolve("said"), LmcodeKillTest.class, folder.toString())
                    .size();
            try (Lmcode model = Lmcode.load(folder)) {
                float weight = model.parameters().values().iterator().next().toFloatArray()[0];
                assertTrue(
                        weight == said || weight == said + 1, "model " + weight + " after " + said + " were reported");
                LongTermMemory store = model.layers().get(0).longTermMemory();
                assertEquals(1, store.size());
                assertEquals(weight, store.value(store.nextUsed(0))[0], "memories of another moment than the weights");
            }
        }
        try (Lmcode model = Lmcode.load(folder)) {
            model.save(folder);
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(
                    1,
                    files.filter(p -> p.getFileName().toString().startsWith("stores-"))
                            .count(),
                    "what a killed save left is gone");
        }
    }
}
