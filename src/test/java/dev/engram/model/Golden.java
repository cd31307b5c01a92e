package dev.engram.model;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.engram.model.engine.Backend;
import dev.engram.model.engine.LinearFormat;
import dev.engram.model.engine.Torch;
import dev.engram.model.engine.WeightFormat;
import dev.engram.model.source.Checkpoint;
import dev.engram.model.source.HfFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/** Reference numbers of the tiny checkpoints; make_tiny.py says how they were made. */
public final class Golden {
    public static final Path FOLDER = Path.of("src/test/resources/golden/tiny");
    public static final WeightFormat F32 = new WeightFormat("f32", false, LinearFormat.PLAIN, LinearFormat.PLAIN);

    private final JsonObject header;
    private final ByteBuffer data;

    private Golden(Path file) {
        try {
            ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
            int length = (int) all.getLong();
            String json = new String(all.array(), 8, length, StandardCharsets.UTF_8);
            header = JsonParser.parseString(json).getAsJsonObject();
            data = all.position(8 + length).slice().order(ByteOrder.LITTLE_ENDIAN);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Golden of(String checkpoint) {
        return new Golden(FOLDER.resolve(checkpoint).resolve("golden.safetensors"));
    }

    /** The losses of losses/make_losses.py. */
    public static Golden losses() {
        return new Golden(FOLDER.resolveSibling("losses").resolve("losses.safetensors"));
    }

    static Golden smollm2() {
        return new Golden(FOLDER.resolveSibling("smollm2").resolve("golden.safetensors"));
    }

    public static Golden gradients(String checkpoint) {
        return new Golden(FOLDER.resolve(checkpoint).resolve("gradients.safetensors"));
    }

    public static Decoder decoder(String checkpoint) {
        return decoder(HfFolder.open(FOLDER.resolve(checkpoint)), F32);
    }

    public static Decoder decoder(Checkpoint checkpoint, WeightFormat format) {
        try (checkpoint) {
            Backend backend = new Backend(
                    Torch.manager(LoadOptions.DeviceChoice.AUTO), checkpoint.config(), checkpoint, format, null);
            return new Decoder(checkpoint.config(), backend);
        }
    }

    /** Any file of golden/, such as {@code train/full.safetensors}. */
    public static Golden file(String path) {
        return new Golden(FOLDER.resolveSibling(path));
    }

    public static Golden at(Path file) {
        return new Golden(file);
    }

    public Set<String> names() {
        return header.keySet();
    }

    public long[] shape(String name) {
        return header.getAsJsonObject(name).getAsJsonArray("shape").asList().stream()
                .mapToLong(JsonElement::getAsLong)
                .toArray();
    }

    private ByteBuffer bytes(String name) {
        if (!header.has(name)) {
            throw new AssertionError("no golden tensor " + name);
        }
        JsonArray offsets = header.getAsJsonObject(name).getAsJsonArray("data_offsets");
        int from = offsets.get(0).getAsInt();
        return data.slice(from, offsets.get(1).getAsInt() - from).order(ByteOrder.LITTLE_ENDIAN);
    }

    public float[] floats(String name) {
        FloatBuffer values = bytes(name).asFloatBuffer();
        float[] all = new float[values.remaining()];
        values.get(all);
        return all;
    }

    /** A matrix of 64-bit integers. */
    public int[][] ids(String name) {
        long[] shape = shape(name);
        int rows = 1;
        for (int i = 0; i < shape.length - 1; i++) {
            rows *= (int) shape[i];
        }
        int columns = (int) shape[shape.length - 1];
        ByteBuffer values = bytes(name);
        int[][] ids = new int[rows][columns];
        for (int[] row : ids) {
            for (int c = 0; c < columns; c++) {
                row[c] = (int) values.getLong();
            }
        }
        return ids;
    }

    /** Root mean square of the difference over that of the reference. */
    public static double relativeRms(float[] ours, float[] reference) {
        if (ours.length != reference.length) {
            throw new AssertionError("lengths " + ours.length + " and " + reference.length);
        }
        double difference = 0;
        double size = 0;
        for (int i = 0; i < ours.length; i++) {
            double d = (double) ours[i] - reference[i];
            difference += d * d;
            size += (double) reference[i] * reference[i];
        }
        return Math.sqrt(difference / Math.max(size, 1e-30));
    }
}
