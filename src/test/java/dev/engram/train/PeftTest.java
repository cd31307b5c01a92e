package dev.engram.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.Golden;
import dev.engram.model.LoadOptions;
import dev.engram.model.Seams;
import dev.engram.model.TrainableDecoder;
import dev.engram.model.engine.Torch;
import dev.engram.model.source.Checkpoint;
import dev.engram.model.source.HfFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/** PEFT itself opens an adapter that was trained and saved here; ENGRAM_PEER_PEFT is a Python that has it. */
class PeftTest {
    @Test
    @EnabledIfEnvironmentVariable(named = "ENGRAM_PEER_PEFT", matches = ".+")
    void opensWhatWasSavedHere(@TempDir Path folder) throws IOException, InterruptedException {
        Path llama = Golden.FOLDER.resolve("llama");
        Path model = Files.createDirectories(folder.resolve("model"));
        for (String file : new String[] {"config.json", "model.safetensors"}) {
            Files.copy(llama.resolve(file), model.resolve(file));
        }
        Golden golden = Golden.file("train/lora.safetensors");
        int[][] all = golden.ids("ids");
        float[] ours;
        try (Checkpoint checkpoint = HfFolder.open(llama);
                TrainableDecoder decoder =
                        new TrainableDecoder(Torch.manager(LoadOptions.DeviceChoice.AUTO), checkpoint, false);
                Lora lora = Lora.create(decoder, LoraConfig.of(3).withTargetModules("q_proj", "down_proj"), 4);
                NDManager step = decoder.newScope()) {
            new Trainer(lora, TrainConfig.of(5, 1e-2)).run(new TextTask(decoder, all, 4).with(lora.adapter()));
            lora.save(folder.resolve("adapter"), "tiny");
            NDArray x = decoder.embed(step, Arrays.copyOf(all, 2));
            ours = decoder.logits(step, decoder.forward(step, x, null, lora.adapter(), Seams.none()))
                    .toFloatArray();
        }
        String ids = Arrays.deepToString(Arrays.copyOf(all, 2));
        String script = "import torch; from safetensors.torch import save_file; save_file({'input_ids': torch.tensor("
                + ids + ")}, '" + folder.resolve("ids.safetensors") + "')";
        python("-c", script);
        python(
                "environment/peers/compare_logits.py",
                "--model",
                model.toString(),
                "--ids",
                folder.resolve("ids.safetensors").toString(),
                "--out",
                folder.resolve("out.safetensors").toString(),
                "--adapter",
                folder.resolve("adapter").toString());
        double error = Golden.relativeRms(
                ours, Golden.at(folder.resolve("out.safetensors")).floats("logits"));
        assertTrue(error <= 1e-5, "relative RMS " + error);
    }

    private static void python(String... arguments) throws IOException, InterruptedException {
        String[] command = new String[arguments.length + 1];
        command[0] = System.getenv("ENGRAM_PEER_PEFT");
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), said);
    }
}
