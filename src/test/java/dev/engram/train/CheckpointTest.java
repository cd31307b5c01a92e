package dev.engram.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.engram.model.BadInputException;
import dev.engram.model.TrainableDecoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An interrupted run goes on to the same parameters, bit for bit, whatever happened to its files. */
class CheckpointTest {
    private static Runs.Result whole;

    @TempDir
    Path temporary;

    @BeforeAll
    static void uninterrupted() {
        whole = Runs.lora(Runs.tenSteps());
    }

    private Path folder() {
        return temporary.resolve("run");
    }

    private TrainConfig saving() {
        return Runs.tenSteps().withCheckpoints(folder(), 2, 2);
    }

    /** Runs until the loss of a step is asked for. */
    private void runUntil(int kill) {
        assertThrows(
                IllegalStateException.class,
                () -> Runs.lora(saving(), step -> {
                    if (step == kill) {
                        throw new IllegalStateException("killed");
                    }
                }));
    }

    private Runs.Result goOn() {
        Runs.Result result = Runs.lora(saving());
        Runs.same(whole.values(), result.values(), 0);
        assertEquals(10, result.history().entries().size());
        for (int i = 0; i < 10; i++) {
            History.Entry expected = whole.history().entries().get(i);
            History.Entry found = result.history().entries().get(i);
            assertEquals(expected.loss(), found.loss(), 0, "loss of step " + i);
            assertEquals(expected.gradientNorm(), found.gradientNorm(), 0, "norm of step " + i);
        }
        return result;
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder())) {
            return files.map(p -> p.getFileName().toString()).sorted().toList();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
    void afterAKillAtAnyStep(int kill) throws IOException {
        runUntil(kill);
        int newest = kill / 2 * 2;
        assertEquals(
                newest == 0
                        ? List.of("step-00000000")
                        : List.of("step-0000000" + (newest - 2), "step-0000000" + newest),
                names());
        goOn();
        assertEquals(List.of("step-00000008", "step-00000010"), names());
    }

    @Test
    void aFinishedRunReturnsAtOnce() {
        Runs.lora(saving());
        Runs.Result again = Runs.lora(saving(), step -> {
            throw new AssertionError("step " + step + " was run again");
        });
        Runs.same(whole.values(), again.values(), 0);
        assertEquals(10, again.history().entries().size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"flipped", "cut", "no tensors", "no json", "half a json", "no history"})
    void aDamagedCheckpointIsPassedOver(String damage) throws IOException {
        runUntil(7);
        Path newest = folder().resolve("step-00000006");
        Path tensors = newest.resolve("state.safetensors");
        byte[] bytes = Files.readAllBytes(tensors);
        switch (damage) {
            case "flipped" -> {
                bytes[bytes.length - 5] ^= 1;
                Files.write(tensors, bytes);
            }
            case "cut" -> Files.write(tensors, java.util.Arrays.copyOf(bytes, bytes.length / 2));
            case "no tensors" -> Files.delete(tensors);
            case "no json" -> Files.delete(newest.resolve("trainer.json"));
            case "half a json" -> {
                String json = Files.readString(newest.resolve("trainer.json"));
                Files.writeString(newest.resolve("trainer.json"), json.substring(0, json.length() / 2));
            }
            default -> Files.delete(newest.resolve("history.csv"));
        }
        Runs.Result result = goOn();
        assertEquals(1, result.history().remarks().size());
        assertTrue(
                result.history().remarks().get(0).startsWith("A damaged checkpoint was passed over: " + newest),
                result.history().remarks().toString());
    }

    @Test
    void whereAllAreDamagedItIsSaid() throws IOException {
        runUntil(3);
        for (String name : names()) {
            Files.writeString(folder().resolve(name).resolve("trainer.json"), "{}");
        }
        BadInputException e = assertThrows(BadInputException.class, () -> Runs.lora(saving()));
        assertTrue(e.getMessage().startsWith("None of the 2 checkpoints in " + folder()), e.getMessage());
    }

    @Test
    void aHalfWrittenCheckpointIsNoCheckpoint() throws IOException {
        runUntil(5);
        Path half = Files.createDirectory(folder().resolve(".part-6"));
        Files.writeString(half.resolve("state.safetensors"), "half");
        goOn();
        assertFalse(Files.exists(half));
    }

    @Test
    void anotherRunsFolderIsRefused() {
        runUntil(5);
        List<TrainConfig> others = List.of(
                saving().withWeightDecay(0.2),
                saving().withAccumulation(2),
                saving().withSchedule(Schedule.linear(2)),
                saving().withMaxGradNorm(2));
        for (TrainConfig other : others) {
            BadInputException e = assertThrows(BadInputException.class, () -> Runs.lora(other));
            assertTrue(e.getMessage().contains("were made with other settings"), e.getMessage());
        }
        try (TrainableDecoder decoder = Runs.decoder();
                Lora wide = Lora.create(decoder, LoraConfig.of(3), 1);
                Lora fewer = Lora.create(decoder, Runs.LORA.withTargetModules("q_proj"), 1);
                Lora same = Lora.create(decoder, Runs.LORA, 1)) {
            for (Lora lora : List.of(wide, fewer)) {
                TextTask task = new TextTask(decoder, Runs.texts(), 4).with(lora.adapter());
                BadInputException e =
                        assertThrows(BadInputException.class, () -> new Trainer(lora, saving()).run(task));
                assertTrue(e.getMessage().endsWith("give each run a folder of its own."), e.getMessage());
            }
            TextTask otherData = new TextTask(decoder, Runs.texts(), 4) {
                @Override
                public String fingerprint() {
                    return "other data";
                }
            };
            BadInputException e = assertThrows(
                    BadInputException.class, () -> new Trainer(same, saving()).run(otherData.with(same.adapter())));
            assertTrue(e.getMessage().contains("other task"), e.getMessage());
        }
    }

    @Test
    void aFolderThatCannotBeWrittenIsSaidAtOnce() throws IOException {
        Files.writeString(folder(), "a file stands here");
        BadInputException e = assertThrows(BadInputException.class, () -> Runs.lora(saving()));
        assertTrue(e.getMessage().startsWith("A checkpoint cannot be written to " + folder()), e.getMessage());
    }

    /** In a process that may write no file as large as a checkpoint, which is what a full disk looks like. */
    @Test
    void aFullDiskCostsNoCheckpointAndNoStep() throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "the limit is set by bash");
        runUntil(5);
        Process full = process("ulimit -f 40; ");
        String said = new String(full.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertEquals(0, full.waitFor(), said);
        assertTrue(said.contains("Step 6: ") && said.contains("cannot be written"), said);
        assertTrue(said.contains("10 steps"), said);
        assertEquals(List.of("step-00000002", "step-00000004"), names());
        goOn();
    }

    @Test
    void afterAProcessWasKilled() throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "the process is started by bash");
        Process slow = process("exec ");
        for (int i = 0; i < 600 && !Files.exists(folder().resolve("step-00000002")); i++) {
            assertTrue(slow.isAlive() || i > 0, "the process ended at once");
            TimeUnit.MILLISECONDS.sleep(100);
        }
        slow.destroyForcibly().waitFor();
        assertTrue(Files.exists(folder().resolve("step-00000002")));
        goOn();
    }

    /** {@link #main} in another process. */
    private Process process(String before) throws IOException {
        List<String> java = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                CheckpointTest.class.getName(),
                folder().toString()));
        String line = before + "\"" + String.join("\" \"", java) + "\"";
        return new ProcessBuilder("/bin/bash", "-c", line)
                .redirectErrorStream(true)
                .start();
    }

    /** A run in a process of its own, with a pause before each step. */
    public static void main(String[] args) {
        TrainConfig config = Runs.tenSteps().withCheckpoints(Path.of(args[0]), 2, 2);
        History history = Runs.lora(config, step -> {
                    try {
                        TimeUnit.MILLISECONDS.sleep(50);
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                })
                .history();
        history.remarks().forEach(System.out::println);
        System.out.println(history.entries().size() + " steps");
    }
}
