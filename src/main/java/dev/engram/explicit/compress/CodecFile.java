package dev.engram.explicit.compress;

import dev.engram.model.BadInputException;
import dev.engram.model.source.SafetensorsFile;
import dev.engram.model.source.SafetensorsWriter;
import dev.engram.model.source.StoredTensor;
import dev.engram.model.source.TensorType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A codec as a safetensors file: its kind and sizes in the header, rotation and centroids as tensors. */
final class CodecFile {
    private static final String FORMAT = "engram vector codec 1";
    private static final int MOST_DIMENSIONS = 1 << 16;

    private CodecFile() {}

    static SafetensorsWriter head(SafetensorsWriter out, ScalarCodec codec) {
        return out.metadata("format", FORMAT)
                .metadata("kind", "scalar")
                .metadata("dimensions", "" + codec.dimensions())
                .metadata("bits", "" + codec.bits());
    }

    static SafetensorsWriter head(SafetensorsWriter out, QuantizedCodec codec) {
        Scheme s = codec.scheme();
        return out.metadata("format", FORMAT)
                .metadata("kind", "quantized")
                .metadata("dimensions", "" + codec.dimensions())
                .metadata("rotation", "" + s.rotation())
                .metadata("stages", "" + s.stages())
                .metadata("stage_bits", "" + s.stageBits())
                .metadata("parts", "" + s.parts())
                .metadata("part_bits", "" + s.partBits());
    }

    static VectorCodec load(Path path) {
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            String format = file.metadata().get("format");
            if (!FORMAT.equals(format)) {
                throw new BadInputException(path + " holds no vector codec: its format is '" + format + "', not '"
                        + FORMAT + "'; give a file that a codec saved.");
            }
            int d = number(file, "dimensions");
            if (d < 1 || d > MOST_DIMENSIONS) {
                throw damaged(file, "it is for vectors of " + d + " numbers");
            }
            String kind = file.metadata().get("kind");
            if ("scalar".equals(kind)) {
                return new ScalarCodec(d, number(file, "bits"));
            }
            if (!"quantized".equals(kind)) {
                throw damaged(file, "its kind is '" + kind + "'");
            }
            return quantized(file, d);
        }
    }

    private static QuantizedCodec quantized(SafetensorsFile file, int d) {
        Scheme s = new Scheme(
                number(file, "rotation"),
                number(file, "stages"),
                number(file, "stage_bits"),
                number(file, "parts"),
                number(file, "part_bits"));
        s.checkDimensions(d);
        int tensors = (s.rotation() > 0 ? 1 : 0) + s.stages() + s.parts();
        if (file.shapes().size() != tensors) {
            throw damaged(file, "it has " + file.shapes().size() + " tensors instead of " + tensors);
        }
        float[] rotation = s.rotation() > 0 ? matrix(file, "rotation", d, d) : null;
        List<float[]> stages = new ArrayList<>();
        for (int i = 0; i < s.stages(); i++) {
            stages.add(matrix(file, "stage." + i, 1 << s.stageBits(), d));
        }
        List<float[]> parts = new ArrayList<>();
        for (int i = 0; i < s.parts(); i++) {
            parts.add(matrix(file, "part." + i, 1 << s.partBits(), d / s.parts()));
        }
        return new QuantizedCodec(s, d, rotation, stages, parts);
    }

    private static float[] matrix(SafetensorsFile file, String name, int rows, int columns) {
        StoredTensor tensor = file.tensor(name);
        if (tensor == null
                || tensor.type() != TensorType.F32
                || !Arrays.equals(tensor.shape(), new long[] {rows, columns})) {
            throw damaged(file, name + " is not the f32 matrix [" + rows + ", " + columns + "] that its header says");
        }
        float[] values = new float[Math.multiplyExact(rows, columns)];
        tensor.data().asFloatBuffer().get(values);
        for (float value : values) {
            if (!Float.isFinite(value)) {
                throw damaged(file, name + " holds " + value);
            }
        }
        return values;
    }

    private static int number(SafetensorsFile file, String key) {
        String text = String.valueOf(file.metadata().get(key));
        if (!text.matches("\\d{1,6}")) {
            throw damaged(file, key + " is '" + text + "'");
        }
        return Integer.parseInt(text);
    }

    private static BadInputException damaged(SafetensorsFile file, String why) {
        return new BadInputException(
                "The codec in " + file.path() + " is damaged: " + why + "; restore it from a copy, or train it again.");
    }
}
