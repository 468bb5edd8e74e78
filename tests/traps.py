"""Programs on which differentiation systems go wrong; each stands for a class.

A row: number, source of a module defining `f`, the point, df/dx there. `refused` instead of a
derivative: a word of the refusal, for constructs that are not supported yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Trap:
    number: int
    source: str
    x: Any
    expected: Any
    refused: str = ""


TRAPS = [
    Trap(
        1,
        "def f(x):\n    y=x*2\n    y[0]=0.\n    return np.sum(y*y)\n",
        np.array([1, 2], float),
        np.array([0, 16], float),
    ),
    Trap(
        2,
        "def f(x):\n    y=x*1.\n    y[0]=5*x[1]\n    return np.sum(x*x)+np.sum(y)\n",
        np.array([1, 2], float),
        np.array([2, 10], float),
    ),
    Trap(
        3,
        "def f(x):\n    y=x*2\n    v=y[1:]\n    v[0]=5*x[0]\n    return np.sum(y*y)\n",
        np.array([1, 2, 3], float),
        np.array([58, 0, 24], float),
    ),
    Trap(
        4,
        "def f(x):\n    y=x*2\n    r=y[0]\n    r*=3\n    return np.sum(y)\n",
        np.array([[1, 2], [3, 4]], float),
        np.array([[6, 6], [2, 2]], float),
    ),
    Trap(
        5,
        "def f(x):\n    y=x*2\n    z=y\n    z[0]=3*x[1]\n    return y[0]*y[1]\n",
        np.array([1, 2], float),
        np.array([0, 24], float),
    ),
    Trap(
        6,
        "def f(x):\n    y=x*2\n    z=y\n    z+=x\n    return np.sum(y*y)\n",
        np.array([1, 2], float),
        np.array([18, 36], float),
    ),
    Trap(
        7,
        "def f(x):\n    y=x*2\n    y.T[0,1]=0.\n    return np.sum(y*y)\n",
        np.array([[1, 2], [3, 4]], float),
        np.array([[8, 16], [0, 32]], float),
    ),
    Trap(
        8,
        "def f(x):\n    y=np.sin(x)\n    z=y*y\n    y[:]=0.\n    return np.sum(z)\n",
        np.array([1, 2], float),
        np.array([0.9093, -0.7568], float),
    ),
    Trap(
        9,
        "def f(x):\n    x[0]=x[0]*x[1]\n    return x[0]\n",
        np.array([2, 3], float),
        np.array([3, 2], float),
    ),
    Trap(
        10,
        "def g(a): a[0]*=3.\n\ndef f(x):\n    y=x*2\n    g(y)\n    return np.sum(y)\n",
        np.array([1, 2], float),
        np.array([6, 2], float),
    ),
    Trap(
        11,
        "def h(a,b):\n a[0]=b[1]*2\n return np.sum(a*b)\n\ndef f(x):\n    y=x*1.\n    return h(y,y)\n",
        np.array([1, 2], float),
        np.array([0, 20], float),
    ),
    Trap(
        12,
        "A3=np.array([1.,2.,3.])\n\ndef f(x):\n    y=x*2\n    y[1:]=y[:-1]\n    return np.sum(y*A3)\n",
        np.array([1, 2, 3], float),
        np.array([6, 6, 0], float),
    ),
    Trap(
        13,
        "def f(x):\n    y=x*1.\n    y[0],y[1]=y[1],y[0]\n    return 10*y[0]+y[1]\n",
        np.array([1, 2], float),
        np.array([1, 10], float),
    ),
    Trap(
        14,
        "def f(x):\n    s=0.\n    w=np.zeros(2)\n    for i in range(3): w[0]=x*(i+1); w[1]=w[0]**2; s=s+w[1]\n    return s\n",
        2.0,
        56.0,
    ),
    Trap(
        15,
        "def f(x):\n    y=np.zeros(4)\n    y[0]=x\n    for i in range(3): y[i+1]=y[i]*y[i]\n    return y[3]\n",
        1.1,
        15.59,
    ),
    Trap(
        16,
        "def f(x):\n    for _ in range(3): x[1:-1]=x[1:-1]+.1*(x[2:]-2*x[1:-1]+x[:-2])\n    return np.sum(x*x)\n",
        np.array([1, 2, 4, 3], float),
        np.array([3.233, 3.593, 4.364, 7.725], float),
    ),
    Trap(
        17,
        "def f(x):\n    y=np.ones(2)\n    L=[y,y]\n    L[0][0]=x\n    return L[1][0]*x\n",
        3.0,
        6.0,
    ),
    Trap(
        18,
        "def f(x):\n    a=[x]\n    b=a\n    b.append(x*x)\n    return a[1]\n",
        3.0,
        6.0,
    ),
    Trap(
        19,
        "I=np.array([0,0,1])\n\ndef f(x):\n    y=np.zeros(2)\n    np.add.at(y,I,x)\n    return y[0]*y[1]\n",
        np.array([1, 2, 3], float),
        np.array([3, 3, 3], float),
    ),
    Trap(
        20,
        "I=np.array([0,0,1])\n\ndef f(x):\n    return np.sum(x[I]**2)\n",
        np.array([1, 2], float),
        np.array([4, 4], float),
    ),
    Trap(
        21,
        "I=np.array([0,0])\n\ndef f(x):\n    y=np.zeros(2)\n    y[I]=x\n    return y[0]\n",
        np.array([1, 2], float),
        np.array([0, 1], float),
    ),
    Trap(
        22,
        "I=np.array([0,0])\n\ndef f(x):\n    y=np.zeros(2)\n    y[I]+=x\n    return np.sum(y)\n",
        np.array([1, 2], float),
        np.array([0, 1], float),
    ),
    Trap(
        23,
        "def f(x):\n    y=x*x\n    y[x<1.5]=0.\n    return np.sum(y)\n",
        np.array([1, 2], float),
        np.array([0, 4], float),
    ),
    Trap(
        24,
        "def f(x):\n    return np.sum(x[x>1.]**2)\n",
        np.array([0.5, 2, 3], float),
        np.array([0, 4, 6], float),
    ),
    Trap(
        25,
        "def f(x):\n    return x[-1]*x[2]+x[-2]\n",
        np.array([1, 2, 3], float),
        np.array([0, 1, 6], float),
    ),
    Trap(
        26,
        "A3=np.array([1.,2.,3.])\n\ndef f(x):\n    return np.sum(x[::-1]*A3)\n",
        np.array([1, 2, 3], float),
        np.array([3, 2, 1], float),
    ),
    Trap(27, "def f(x):\n    for i in range(0): x=x*x\n    return x\n", 2.0, 1.0),
    Trap(
        28,
        "def f(x):\n    y=1.\n    while abs(y*y-x)>1e-13: y=.5*(y+x/y)\n    return y\n",
        4.0,
        0.25,
    ),
    Trap(
        29,
        "def f(x):\n    s=11*x\n    for i in range(3): s+=x*i; continue\n    return s\n",
        3.0,
        14.0,
    ),
    Trap(
        30,
        "def f(x):\n    s=0.\n    for i in range(2): s+=1/((i+1.)+x*x)\n    return s\n",
        1.0,
        -0.7222,
    ),
    Trap(31, "def f(x):\n    for i in range(3): x=x*1.+i\n    return x*i\n", 2.0, 2.0),
    Trap(32, "def f(x):\n    if x>5: z=2*x\n    y=x if x<5 else z\n    return y*x\n", 2.0, 4.0),
    Trap(
        33,
        "def f(x):\n    y=3\n    y=y*x\n    y=np.array([y,y*x])\n    return y[0]+y[1]\n",
        2.0,
        15.0,
    ),
    Trap(34, "def f(x):\n    return (0.*x) or (x*x)\n", 2.0, 4.0),
    Trap(35, "def f(x):\n    return x*x if 0.<x<3. and 1./x>.1 else x\n", 2.0, 4.0),
    Trap(36, "def f(x):\n    return np.sqrt(x) if x>0 else 0.*x\n", 0.0, 0.0),
    Trap(37, "def f(x):\n    with np.errstate(all='ignore'): y=x*x\n    return y\n", 3.0, 6.0),
    Trap(38, "def g(a,b): return a*a*b\n\ndef f(x):\n    return g(b=x,a=3.)\n", 2.0, 9.0),
    Trap(39, "def f(x):\n    return sum(v*v for v in (x,2*x))\n", 1.0, 10.0),
    Trap(40, "def f(x):\n    if (y:=x*x)>1: return y*x\n    return x\n", 2.0, 12.0),
    Trap(41, "K=2.\n\ndef f(x):\n    return K*x*x\n", 2.0, 8.0),
    Trap(42, "def f(x,acc=[]):\n    acc=acc+[x*x]\n    return acc[0]*x\n", 2.0, 12.0),
    Trap(43, "def f(x):\n    bx=x*x\n    by=bx*x\n    d=by+bx\n    return d\n", 2.0, 16.0),
    Trap(44, "def sin(v): return v*v\n\ndef f(x):\n    return sin(x)\n", 3.0, 6.0),
    Trap(45, "def f(x):\n    return np.sum(np.ones(3)/x)\n", 2.0, -0.75),
    Trap(46, "C=np.array([1.,2.,3.])\n\ndef f(x):\n    return np.sum(C**x)\n", 2.0, 12.66),
    Trap(
        47,
        "def f(x):\n    e=np.exp(x)\n    return (e/np.sum(e))[1]\n",
        np.array([0, 0], float),
        np.array([-0.25, 0.25], float),
    ),
    Trap(
        48,
        "def f(x):\n    return np.sum(np.matmul(np.ones((2,1,2)),x))\n",
        np.array([[1, 2], [3, 4]], float),
        np.array([[2, 2], [2, 2]], float),
    ),
    Trap(
        49,
        "def f(x):\n    return np.sum(np.mean(x,axis=1)**2)\n",
        np.array([[1, 3], [2, 6]], float),
        np.array([[2, 2], [4, 4]], float),
    ),
    Trap(
        50,
        "def f(x):\n    return np.prod(x)\n",
        np.array([0, 2, 3], float),
        np.array([6, 0, 0], float),
    ),
    Trap(
        51,
        "def f(x):\n    return np.sum(np.cumprod(x))\n",
        np.array([1, 0, 3], float),
        np.array([1, 4, 0], float),
    ),
    Trap(52, "def f(x):\n    return x**2\n", 0.0, 0.0),
    Trap(
        53,
        "def f(x,n=2):\n    return np.sum(x**n)\n",
        np.array([-2, 3], float),
        np.array([-4, 6], float),
    ),
    Trap(54, "def f(x):\n    return 0.**x\n", 2.0, 0.0),
    Trap(55, "def f(x):\n    return 1/(1+np.exp(-x))\n", -800.0, 0.0),
    Trap(56, "def f(x):\n    return np.sinc(x)\n", 0.0, 0.0),
    Trap(57, "def f(x):\n    return np.sqrt(x)\n", 0.0, np.inf),
    Trap(
        58,
        "def f(x):\n    return np.linalg.norm(x)\n",
        np.array([0, 0], float),
        np.array([0, 0], float),
    ),
    Trap(59, "def f(x):\n    return np.std(x)\n", np.array([1, 1], float), np.array([0, 0], float)),
    Trap(60, "def f(x):\n    return np.abs(x)\n", 0.0, 0.0),
    Trap(61, "def f(x):\n    return np.maximum(x,0.)\n", 0.0, 0.5),
    Trap(
        62,
        "def f(x):\n    return np.max(x)\n",
        np.array([1, 3, 3], float),
        np.array([0, 0.5, 0.5], float),
    ),
    Trap(
        63,
        "def f(x):\n    return np.sum(np.where(x>0,np.log(x),0.))\n",
        np.array([0, 2], float),
        np.array([0, 0.5], float),
    ),
    Trap(64, "def f(x):\n    return x*x\n", 3, 6.0),
    Trap(65, "def f(x):\n    return np.sum(x*x*.5)\n", np.array([1, 2]), np.array([1, 2], float)),
    Trap(
        66,
        "def f(x):\n    return np.sum(x*2.)\n",
        np.array([1, 1], np.float32),
        np.array([2, 2], np.float32),
    ),
    Trap(67, "def f(x):\n    return x*x\n", np.array(3.0), 6.0),
    Trap(
        68,
        "def f(x):\n    return np.sum(np.reshape(x,(4,),order='F')*np.arange(4.))\n",
        np.array([[1, 2], [3, 4]], float, order="F"),
        np.array([[0, 2], [1, 3]], float),
    ),
    Trap(69, "def f(x):\n    return x*grad(lambda y: x*y)(2.)\n", 1.0, 2.0),
]
