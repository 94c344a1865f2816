"""The fakes of a GPU take the arguments that the real packages take."""

import inspect
import re

import pytest


def told(doc):
    """Arguments of each overload in a pybind11 docstring: names, with = where there is a default."""
    found = []
    for line in (doc or "").splitlines():
        match = re.match(r"^(?:\d+\. )?\w+\((self: .*|\*args, \*\*kwargs)\)(?: -> .*)?$", line)
        if match and match[1] != "*args, **kwargs":
            parts = re.split(r", (?=\w+: )", match[1])
            found.append(tuple(part.split(":")[0] + "=" * (" = " in part) for part in parts))
    return found


def taken(function):
    """The same of a Python function."""
    given = inspect.signature(function).parameters.values()
    return tuple(one.name + "=" * (one.default is not one.empty) for one in given)


def test_the_fake_tensorrt_takes_what_the_real_one_takes(rig):
    real = pytest.importorskip("tensorrt_rtx", reason="has no package for this machine")
    compared = []
    for fake, name in rig.trt.REAL.items():
        its = getattr(real, name)
        for method, function in vars(fake).items():
            if not inspect.isfunction(function) or method == "__del__":
                continue
            overloads = told(getattr(its, method).__doc__) if method != "work" else []
            if method == "work" or (method == "__init__" and not overloads):
                continue  # of the fake alone; made by another object only
            compared.append(f"{name}.{method}")
            assert taken(function) in overloads, (name, method, overloads)
    assert "IExecutionContext.is_stream_capturable" in compared
    assert len(compared) > 25


def test_the_names_the_fake_tensorrt_offers_are_real(rig):
    real = pytest.importorskip("tensorrt_rtx", reason="has no package for this machine")
    gone = {"EXPLICIT_BATCH", "INT8", "FP16"}  # of TensorRT 8; asked for only there
    for kind in ("NetworkDefinitionCreationFlag", "BuilderFlag", "MemoryPoolType", "TensorIOMode"):
        assert set(vars(getattr(rig.trt, kind))) - gone <= set(getattr(real, kind).__members__)
    for name in ("ERROR", "INTERNAL_ERROR", "WARNING"):
        assert hasattr(real.ILogger, name)
        assert hasattr(real.Logger, name)
    for name, kind in (("num_io_tensors", "ICudaEngine"), ("progress_monitor", "IBuilderConfig")):
        assert isinstance(getattr(getattr(real, kind), name), property)


def test_the_fake_pycuda_takes_what_is_documented(rig):
    for name, arguments in rig.drv.DOCUMENTED.items():
        thing = rig.drv
        for part in name.split("."):
            thing = getattr(thing, part)
        assert taken(thing) == arguments, name


def test_a_primary_context_that_is_released_stays_on_the_drivers_stack(rig):
    context = rig.drv.Device(0).retain_primary_context()
    context.push()
    context.pop()
    context.detach()
    assert rig.drv.own() == []
    assert rig.drv.driver() == [rig.drv.HANDLE]


def test_the_fake_driver_refuses_what_it_does_not_have(rig):
    with pytest.raises(AttributeError, match="undefined symbol: cuNoSuch"):
        rig.libcuda.cuNoSuch()
    with pytest.raises(AssertionError, match="cuGraphLaunch"):
        rig.libcuda.cuGraphLaunch(1)
