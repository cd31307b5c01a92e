package dev.engram.model.source;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import dev.engram.model.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was written is opened as the same model. */
class HfFolderWriterTest {
    @TempDir
    Path folder;

    private static float[] floats(Checkpoint checkpoint, String name) {
        StoredTensor t = checkpoint.tensor(name);
        float[] values = new float[(int) t.elements()];
        Dequantizer.toFloats(t, 0, values, 0, values.length);
        return values;
    }

    private static void same(Checkpoint expected, Checkpoint found, double bar) {
        assertEquals(expected.config(), found.config());
        assertEquals(expected.generationDefaults(), found.generationDefaults());
        assertEquals(expected.names(), found.names());
        assertEquals(expected.tokenizerJson(), found.tokenizerJson());
        assertEquals(expected.chatTemplate(), found.chatTemplate());
        for (String name : expected.names()) {
            float[] values = floats(expected, name);
            float[] again = floats(found, name);
            for (int i = 0; i < values.length; i++) {
                assertEquals(values[i], again[i], bar * Math.abs(values[i]), name);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "llama3-scaling", "llama-linear", "qwen2", "qwen2-untied", "qwen3"})
    void everyFamily(String name) throws IOException {
        Path golden = Path.of("src/test/resources/golden/tiny");
        Path source = Files.createDirectories(folder.resolve("source"));
        for (Path file : Files.list(golden.resolve(name)).toList()) {
            Files.copy(file, source.resolve(file.getFileName()));
        }
        Files.delete(source.resolve("golden.safetensors"));
        Files.deleteIfExists(source.resolve("gradients.safetensors"));
        Files.writeString(source.resolve("tokenizer.json"), "{}");
        try (Checkpoint checkpoint = HfFolder.open(source)) {
            HfFolderWriter.write(folder.resolve("f32"), checkpoint, TensorType.F32);
            HfFolderWriter.write(folder.resolve("bf16"), checkpoint, TensorType.BF16);
            try (Checkpoint again = HfFolder.open(folder.resolve("f32"))) {
                same(checkpoint, again, 0);
            }
            try (Checkpoint again = HfFolder.open(folder.resolve("bf16"))) {
                same(checkpoint, again, 1 / 256.0);
            }
        }
    }

    @Test
    void changedTensorsAndEverythingElse() throws IOException {
        try (Checkpoint base = HfFolder.open(TinyModel.write(folder.resolve("base")))) {
            String norm = "model.norm.weight";
            float[] values = floats(base, norm);
            values[3] = 7;
            ChangedCheckpoint changed = new ChangedCheckpoint(base).put(norm, () -> values);
            HfFolderWriter.write(folder.resolve("changed"), changed, TensorType.F32);
            try (Checkpoint again = HfFolder.open(folder.resolve("changed"))) {
                assertArrayEquals(values, floats(again, norm));
                same(changed, again, 0);
                assertTrue(again.chatTemplate().isPresent());
            }
            assertThrows(BadInputException.class, () -> new ChangedCheckpoint(base).put("no.such", () -> values));
        }
    }
}
