package dev.engram.compare;

import dev.engram.model.CausalLm;
import dev.engram.train.Lora;
import java.nio.file.Path;

/**
 * Another arm on weights with a committed adapter: text read by a model that learned to read memories, so that a memory and its text
 * can be compared on the same weights.
 */
final class AdaptedArm implements Arm {
    private final String name;
    private final Arm arm;
    private final Path folder;
    private final Lora lora;

    /** The arm is closed with this one. */
    AdaptedArm(String name, Arm arm, Path adapter) {
        this.name = name;
        this.arm = arm;
        this.folder = adapter;
        CausalLm lm = arm.lm();
        this.lora = Lora.load(lm.decoder().newScope(), lm.config(), adapter);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Answerer in(Condition condition) {
        lm();
        return arm.in(condition);
    }

    @Override
    public CausalLm lm() {
        CausalLm lm = arm.lm();
        lm.decoder().adapt(lora.adapter());
        return lm;
    }

    @Override
    public Price price() {
        Price p = arm.price();
        double shared = p.sharedBytes() + Arms.bytesIn(folder, "adapter_model.safetensors");
        return new Price(
                p.writeSeconds(), p.updateSeconds(), p.bytes(), shared, p.writeGflop(), p.tokenGflop(), p.extraGflop());
    }

    @Override
    public void close() {
        arm.lm().decoder().adapt(null);
        arm.close();
        lora.close();
    }
}
