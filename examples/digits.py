"""Train a tanh network on real handwritten digits with gradients from s2s_ad.

    python examples/digits.py                    # trains, prints the accuracy on held-out images
    python examples/digits.py --seeds 5          # five random starts
    python examples/digits.py --show-gradient    # the source of the gradient that trains it

The data are the 1797 images of 8 by 8 pixels that scikit-learn ships; the last 360 are held out.
"""

import argparse
import sys
import time

import numpy as np

import s2s_ad

SIZES = (64, 64, 32, 10)
HELD_OUT = 360


def loss(params, x, y):
    """Mean cross-entropy of a tanh network; y holds one row per image, with a 1 for its digit."""
    h = x
    for W, b in params[:-1]:
        h = np.tanh(h @ W + b)
    W, b = params[-1]
    z = h @ W + b
    z = z - np.max(z, axis=1, keepdims=True)
    return np.mean(np.log(np.sum(np.exp(z), axis=1)) - np.sum(z * y, axis=1))


def predict(params, x):
    """The digit that the network sees in each image."""
    for W, b in params[:-1]:
        x = np.tanh(x @ W + b)
    W, b = params[-1]
    return np.argmax(x @ W + b, axis=1)


def data():
    """Training images and one-hot labels, held-out images and labels."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        sys.exit('this example needs scikit-learn: python -m pip install "s2s-ad[examples]"')
    images, labels = load_digits(return_X_y=True)
    x = images / 16.0
    return x[:-HELD_OUT], np.eye(10)[labels[:-HELD_OUT]], x[-HELD_OUT:], labels[-HELD_OUT:]


def start(seed):
    """Random weights, one (W, b) per layer."""
    rng = np.random.default_rng(seed)
    return [
        (rng.normal(size=(m, n)) / np.sqrt(m), np.zeros(n)) for m, n in zip(SIZES, SIZES[1:])
    ]


def train(seed, epochs, show_progress=True):
    """Adam on shuffled batches; the accuracy on the held-out images."""
    x, y, x_test, label_test = data()
    params = start(seed)
    rng = np.random.default_rng(seed)
    value_and_grad = s2s_ad.value_and_grad(loss)
    first = [tuple(np.zeros_like(a) for a in layer) for layer in params]
    second = [tuple(np.zeros_like(a) for a in layer) for layer in params]
    step, batch = 0, 64
    for epoch in range(epochs):
        total = 0.0
        order = rng.permutation(len(x))
        # A last batch of another size costs nothing: sizes are symbols in the generated code.
        for i in range(0, len(x), batch):
            chosen = order[i : i + batch]
            value, gradient = value_and_grad(params, x[chosen], y[chosen])
            total += value * len(chosen)
            step += 1
            rate = 0.003 * np.sqrt(1.0 - 0.999**step) / (1.0 - 0.9**step)
            rate *= 0.5 * (1.0 + np.cos(np.pi * epoch / epochs))
            for layer, g_layer, m_layer, v_layer in zip(params, gradient, first, second):
                for p, g, m, v in zip(layer, g_layer, m_layer, v_layer):
                    m += 0.1 * (g - m)
                    v += 0.001 * (g * g - v)
                    p -= rate * m / (np.sqrt(v) + 1e-8)
        accuracy = np.mean(predict(params, x_test) == label_test)
        if show_progress:
            end = "\n" if epoch == epochs - 1 else ""
            text = f"seed {seed}  epoch {epoch + 1:2d}/{epochs}  loss {total / len(x):.4f}"
            print(f"\r{text}  held-out {accuracy:.3f}", end=end, flush=True)
    return accuracy


def main():
    """The command line."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seed", type=int, default=0, help="the random start (default 0)")
    options.add_argument("--seeds", type=int, default=1, help="train from so many starts")
    options.add_argument("--epochs", type=int, default=40)
    options.add_argument("--show-gradient", action="store_true", help="print the emitted source")
    chosen = options.parse_args()
    if chosen.show_gradient:
        x, y, _, _ = data()
        print(s2s_ad.source(loss, "grad", like=(start(chosen.seed), x[:64], y[:64])))
    begun = time.perf_counter()
    found = [train(chosen.seed + k, chosen.epochs) for k in range(chosen.seeds)]
    print(f"{time.perf_counter() - begun:.1f} s")
    if chosen.seeds > 1:
        print("all seeds:", " ".join(f"{accuracy:.3f}" for accuracy in found))
    print(f"held-out accuracy {found[0]:.3f}")


if __name__ == "__main__":
    main()
