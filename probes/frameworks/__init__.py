"""One adapter per framework, all with the same function names; `probes.worker` loads exactly one of them.

Every adapter module has

    configure(mode, seed)                     process-wide settings, before anything is built
    versions()                                {distribution: version} of what it runs on
    build(workload, weights, batch, mode)     the network, Adam and the compiled or eager step, ready to train
    train(model, steps)                       runs `steps` optimizer steps on the batch, waits for the device,
                                              returns the loss of the last one as a float
    loss_and_gradients(model)                 the loss and {parameter name: gradient} at the present weights
    device(model)                             where the parameters live, as the framework names it
    device_memory_mb()                        peak memory of that device in MiB, None on a CPU

`weights` are NumPy arrays under the canonical names and shapes of `probes.layers`; gradients come back the same way.
A mode, layer or loss that an adapter cannot do raises `InvalidWorkload`.
"""
