package dev.engram.train;

import ai.djl.ndarray.NDArray;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.engram.model.BadInputException;
import dev.engram.model.source.Dequantizer;
import dev.engram.model.source.SafetensorsFile;
import dev.engram.model.source.SafetensorsWriter;
import dev.engram.model.source.StoredTensor;
import dev.engram.model.source.TensorType;
import dev.engram.report.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Adapters in PEFT's layout: adapter_config.json and adapter_model.safetensors with keys such as {@code
 * base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight}.
 *
 * @param factors by the linear's name in the model, such as {@code model.layers.0.self_attn.q_proj.weight}
 */
record LoraFile(LoraConfig config, Map<String, Factors> factors) {
    private static final Gson JSON =
            new GsonBuilder().setPrettyPrinting().serializeNulls().create();
    private static final String PREFIX = "base_model.model.";
    private static final Pattern KEY =
            Pattern.compile("base_model\\.model\\.(model\\.layers\\.\\d+\\.\\w+\\.(\\w+))\\.lora_([AB])\\.weight");

    /** The two factors of one linear, a [r, in], b [out, r]. */
    record Factors(float[] a, long in, float[] b, long out) {}

    static String key(String linear, String factor) {
        return PREFIX + linear.substring(0, linear.length() - "weight".length()) + "lora_" + factor + ".weight";
    }

    static void write(
            Path folder, LoraConfig config, String baseModel, TensorType type, Map<String, NDArray> parameters) {
        SafetensorsWriter writer = new SafetensorsWriter().metadata("format", "pt");
        parameters.forEach((name, p) -> writer.add(name, type, p.getShape().getShape(), p::toFloatArray));
        writer.write(folder.resolve("adapter_model.safetensors"));
        JsonObject json = new JsonObject();
        json.addProperty("peft_type", "LORA");
        json.addProperty("task_type", "CAUSAL_LM");
        json.addProperty("base_model_name_or_path", baseModel);
        json.addProperty("r", config.r());
        json.addProperty("lora_alpha", config.alpha());
        json.addProperty("lora_dropout", config.dropout());
        JsonArray modules = new JsonArray();
        config.targetModules().forEach(modules::add);
        json.add("target_modules", modules);
        json.addProperty("bias", "none");
        json.addProperty("fan_in_fan_out", false);
        json.addProperty("inference_mode", true);
        json.addProperty("init_lora_weights", true);
        json.addProperty("use_rslora", false);
        json.addProperty("use_dora", false);
        json.add("rank_pattern", new JsonObject());
        json.add("alpha_pattern", new JsonObject());
        json.add("modules_to_save", JsonNull.INSTANCE);
        AtomicFile.write(folder.resolve("adapter_config.json"), JSON.toJson(json) + "\n");
    }

    static LoraFile read(Path folder) {
        Path json = folder.resolve("adapter_config.json");
        JsonObject settings = settings(json);
        requirePlain(json, settings);
        int r = (int) number(json, settings, "r");
        double alpha = number(json, settings, "lora_alpha");
        if (truth(settings, "use_rslora")) {
            alpha *= Math.sqrt(r); // PEFT divides by the root of r there
        }
        Map<String, Factors> factors = new LinkedHashMap<>();
        TreeSet<String> modules = new TreeSet<>();
        try (SafetensorsFile file = SafetensorsFile.open(folder.resolve("adapter_model.safetensors"))) {
            for (String key : file.shapes().keySet()) {
                Matcher m = KEY.matcher(key);
                if (!m.matches()) {
                    throw new BadInputException(file.path() + " holds '" + key
                            + "', which is no low-rank factor of a decoder's linear; only plain LoRA can be read.");
                }
                if (m.group(3).equals("A")) {
                    factors.put(m.group(1) + ".weight", factors(file, key, r));
                    modules.add(m.group(2));
                }
            }
            if (2 * factors.size() != file.shapes().size() || factors.isEmpty()) {
                throw new BadInputException(
                        file.path() + " does not hold both factors of each linear; get an intact copy of the file.");
            }
        }
        double dropout = settings.has("lora_dropout") ? number(json, settings, "lora_dropout") : 0;
        return new LoraFile(
                new LoraConfig(
                        r,
                        alpha,
                        dropout,
                        LoraConfig.LINEARS.stream().filter(modules::contains).toList()),
                factors);
    }

    private static Factors factors(SafetensorsFile file, String key, int r) {
        StoredTensor a = file.tensor(key);
        StoredTensor b = file.tensor(key.replace(".lora_A.", ".lora_B."));
        if (b == null || a.shape().length != 2 || b.shape().length != 2 || a.shape()[0] != r || b.shape()[1] != r) {
            throw new BadInputException(file.path() + " has no factors of rank " + r + " at " + key
                    + "; the rank must be the one in adapter_config.json for all linears.");
        }
        return new Factors(Dequantizer.toFloats(a), a.shape()[1], Dequantizer.toFloats(b), b.shape()[0]);
    }

    private static JsonObject settings(Path json) {
        try {
            return JsonParser.parseString(Files.readString(json)).getAsJsonObject();
        } catch (IOException e) {
            throw new BadInputException(
                    json + " cannot be read (" + e.getMessage() + "); give a folder in PEFT's layout.", e);
        } catch (JsonParseException | IllegalStateException e) {
            throw new BadInputException(json + " is not a JSON object; get an intact copy of the file.", e);
        }
    }

    /** Refuses the variants of LoRA whose forward pass is another one. */
    private static void requirePlain(Path json, JsonObject settings) {
        JsonElement type = settings.get("peft_type");
        JsonElement bias = settings.get("bias");
        String fault =
                type == null || !type.isJsonPrimitive() || !type.getAsString().equals("LORA")
                        ? "peft_type " + type
                        : truth(settings, "use_dora")
                                ? "use_dora"
                                : truth(settings, "fan_in_fan_out")
                                        ? "fan_in_fan_out"
                                        : bias != null
                                                        && bias.isJsonPrimitive()
                                                        && !bias.getAsString().equals("none")
                                                ? "bias " + bias
                                                : filled(settings, "alpha_pattern") ? "alpha_pattern" : null;
        if (fault != null) {
            throw new BadInputException(json + " asks for " + fault + "; only plain LoRA can be read.");
        }
    }

    private static boolean truth(JsonObject settings, String field) {
        JsonElement e = settings.get(field);
        return e != null && e.isJsonPrimitive() && e.getAsBoolean();
    }

    private static boolean filled(JsonObject settings, String field) {
        JsonElement e = settings.get(field);
        return e != null && e.isJsonObject() && !e.getAsJsonObject().isEmpty();
    }

    private static double number(Path json, JsonObject settings, String field) {
        JsonElement e = settings.get(field);
        if (e == null || !e.isJsonPrimitive() || !e.getAsJsonPrimitive().isNumber()) {
            throw new BadInputException(json + " has " + field + " = " + e + "; it must be a number.");
        }
        return e.getAsDouble();
    }
}
