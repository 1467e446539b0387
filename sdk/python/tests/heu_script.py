"""A script as it is written for SecretFlow HEU. The test runs it with the import changed; every line it prints is what
HEU (sf-heu 0.5.2b0) printed: heu_script.txt."""

import pickle

import numpy as np
from heu import numpy as hnp
from heu import phe


def main() -> None:
    # Numbers one at a time; the destination has the public key alone.
    kit = phe.setup(phe.SchemaType.ZPaillier, 2048)
    encryptor, evaluator, decryptor = kit.encryptor(), kit.evaluator(), kit.decryptor()
    a, b = encryptor.encrypt_raw(100), encryptor.encrypt(kit.plaintext(-3))
    for c in (
        evaluator.add(a, b),
        evaluator.add(a, kit.plaintext(5)),
        evaluator.sub(a, b),
        evaluator.sub(kit.plaintext(5), a),
        evaluator.mul(a, 5),
        evaluator.mul(-(1 << 60), b),
        evaluator.negate(a),
        pickle.loads(pickle.dumps(a)),
    ):
        print(decryptor.decrypt_raw(c), decryptor.decrypt(c), repr(decryptor.decrypt(c)))
    evaluator.add_inplace(a, b)
    evaluator.sub_inplace(a, kit.plaintext(1))
    evaluator.mul_inplace(a, 2)
    evaluator.negate_inplace(a)
    print(decryptor.decrypt_raw(a))
    other = phe.setup(pickle.loads(pickle.dumps(kit.public_key())))
    print(type(other).__name__, hasattr(other, "decryptor"), decryptor.decrypt_raw(other.encryptor().encrypt_raw(7)))
    print(kit.get_schema().name, phe.parse_schema_type("paillier").name)
    bound = int(kit.public_key().plaintext_bound())
    print(bound.bit_length(), decryptor.decrypt_raw(encryptor.encrypt_raw(-bound)) == -bound)
    for statement in (
        lambda: encryptor.encrypt_raw(bound + 1),
        lambda: decryptor.decrypt_in_range(encryptor.encrypt_raw(1 << 130)),
        lambda: encryptor.encrypt_raw(1.5),
        lambda: evaluator.add(a, 5),
        lambda: evaluator.mul(a, 5.5),
    ):
        try:
            statement()
            print("no error")
        except (RuntimeError, TypeError) as error:
            print(type(error).__name__)

    # Encoders.
    for encoder in (kit.integer_encoder(), kit.integer_encoder(scale=100), kit.float_encoder(), kit.bigint_encoder()):
        print(int(encoder.encode(5)), encoder.decode(encoder.encode(-7)), encoder.decode(kit.plaintext(-1500001)))
    print(int(kit.float_encoder().encode(5.25)), int(kit.integer_encoder().encode(5)))
    for batch, pair in ((kit.batch_integer_encoder(), (5, -7)), (kit.batch_float_encoder(), (-1.5, 2.25))):
        print(int(batch.encode(*pair)), batch.decode(batch.encode(*pair)))

    # Arrays.
    kit = hnp.setup(phe.SchemaType.ZPaillier, 2048)
    encryptor, evaluator, decryptor = kit.encryptor(), kit.evaluator(), kit.decryptor()
    x, y, v = kit.array([[1, -2], [3, 4]]), kit.array([[5, 6], [7, 1 << 70]]), kit.array([2, -3])
    c, d = encryptor.encrypt(x), encryptor.encrypt(v)
    print(x.shape, x.rows, x.cols, x.ndim, x.size, c.shape, d.shape, kit.array(5).shape)
    for found in (
        evaluator.add(c, c),
        evaluator.add(c, y),
        evaluator.add(x, c),
        evaluator.sub(c, y),
        evaluator.sub(x, c),
        evaluator.mul(c, y),
        evaluator.mul(y, c),
        evaluator.add(c, v),
        evaluator.mul(c, kit.array([[1], [2]])),
        evaluator.matmul(c, y),
        evaluator.matmul(y, c),
        evaluator.matmul(c, v),
        evaluator.matmul(v, c),
        evaluator.matmul(d, v),
        c[0],
        c[:, 1],
        c[[1, 0]],
        c[[0, 1], [1]],
        c[0:1, 0:1],
        c.transpose(),
        pickle.loads(pickle.dumps(c)),
        evaluator.batch_select_sum(c, [([0], [1]), ([0, 1], [0, 1])]),
    ):
        print(found.shape, decryptor.decrypt(found).to_numpy().tolist())
    for found in (evaluator.add(x, y), evaluator.sub(x, y), evaluator.mul(x, y), evaluator.matmul(x, y)):
        print(found.to_numpy().tolist())
    for one in (evaluator.sum(c), evaluator.select_sum(c, (slice(None), 0)), c[0, 1], c[-1, 0]):
        print(decryptor.phe.decrypt_raw(one))
    print(evaluator.sum(x), x[0, 1], x[1].to_numpy().tolist())
    x[0, 0] = kit.plaintext(9)
    x[1] = kit.array([7, 8])
    print(x.to_numpy().tolist())
    floats = kit.array(np.array([[1.5, -2.25]]), kit.float_encoder())
    print(
        floats.to_numpy().tolist(), decryptor.decrypt(encryptor.encrypt(floats)).to_numpy(kit.float_encoder()).tolist()
    )
    print(kit.array([1.0, 2.0]).to_numpy().tolist(), kit.array([1.5], phe.FloatEncoderParams(100)).to_numpy().tolist())
    print(type(hnp.setup(kit.public_key())).__name__, hasattr(hnp.setup(kit.public_key()), "decryptor"))
    print(hnp.random.randint(kit.plaintext(-10), kit.plaintext(10), (2, 3)).shape)
    for statement in (
        lambda: evaluator.matmul(c, kit.array([1, 2, 3])),
        lambda: c[5, 5],
        lambda: kit.array(np.zeros((2, 2, 2))),
        lambda: decryptor.decrypt_in_range(c, 1),
        lambda: d.transpose(),
        lambda: evaluator.mul(c, c),
        lambda: encryptor.encrypt([1, 2]),
    ):
        try:
            statement()
            print("no error")
        except (RuntimeError, TypeError) as error:
            print(type(error).__name__)


main()
