import dev.engram.model.CausalLm;
import dev.engram.model.GenerationConfig;

/** Engram as a dependency: opens a model and continues a prompt. */
public class FiveLines {
    public static void main(String[] arguments) {
        try (CausalLm model = CausalLm.open(arguments[0])) {
            var answer = model.chat("What is the capital of France?", GenerationConfig.greedy(12));
            System.out.println(answer.text());
        }
    }
}
