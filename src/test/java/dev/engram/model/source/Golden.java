package dev.engram.model.source;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The files that golden/gguf/make_golden.py wrote. */
final class Golden {
    private static final Path FOLDER = Path.of("src/test/resources/golden/gguf");

    private Golden() {}

    static Path gguf(String name) {
        return FOLDER.resolve(name + ".gguf");
    }

    /** Tensor names, in the order of their values. */
    static List<String> names(String name) {
        try {
            return Files.readAllLines(FOLDER.resolve(name + ".txt"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All values, tensor after tensor. */
    static float[] values(String name) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(FOLDER.resolve(name + ".f32")))
                    .order(ByteOrder.LITTLE_ENDIAN);
            float[] values = new float[bytes.remaining() / 4];
            bytes.asFloatBuffer().get(values);
            return values;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
